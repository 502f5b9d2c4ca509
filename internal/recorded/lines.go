package recorded

import (
	"bytes"
	"io"
	"sort"

	"github.com/aureus-agents/aureus/internal/fault"
)

// lineReader remembers where lines end since the last run, so that an offset has
// a line, and bounds the size of one run.
type lineReader struct {
	r     io.Reader
	read  int64
	past  int     // newlines that are forgotten
	ends  []int64 // offsets of the newlines after them
	limit int64   // offset that must not be passed; 0 is MaxRun
}

// Read implements io.Reader.
func (l *lineReader) Read(p []byte) (int, error) {
	if l.limit == 0 {
		l.limit = MaxRun
	}
	// A decoder reads ahead, so the bound is on what it asks for after it is over.
	if l.read > l.limit {
		return 0, fault.New(fault.TooLarge, "Line %d: a run is larger than %d MiB.", l.lineOf(l.read), MaxRun>>20)
	}
	n, err := l.r.Read(p)
	for from := 0; ; {
		i := bytes.IndexByte(p[from:n], '\n')
		if i < 0 {
			break
		}
		l.ends = append(l.ends, l.read+int64(from+i))
		from += i + 1
	}
	l.read += int64(n)
	return n, err
}

// allow lets one more run be read from offset on; no line before it is asked for
// again.
func (l *lineReader) allow(offset int64) {
	l.limit = offset + MaxRun
	n := sort.Search(len(l.ends), func(i int) bool { return l.ends[i] >= offset })
	l.past, l.ends = l.past+n, append(l.ends[:0], l.ends[n:]...)
}

// lineOf is the line of an offset, from 1.
func (l *lineReader) lineOf(offset int64) int {
	return l.past + 1 + sort.Search(len(l.ends), func(i int) bool { return l.ends[i] >= offset })
}
