package recorded

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Parse reads all runs of r in the given format. fault.Invalid with the line
// when the text is wrong, fault.TooLarge when it is over a bound.
func Parse(format string, r io.Reader) ([]Run, error) {
	var runs []Run
	err := Each(format, r, func(run Run) error {
		runs = append(runs, run)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return runs, nil
}

// Each calls do with each run of r in order and stops at the first error.
func Each(format string, r io.Reader, do func(Run) error) error {
	var read func(io.Reader, func(Run) error) error
	switch format {
	case Taubench:
		read = eachTaubench
	case AgentDojo:
		read = eachAgentDojo
	case Aureus:
		read = eachAureus
	default:
		return fault.New(fault.Invalid, "%q is no format of recorded runs; use one of %s.", format, strings.Join(Formats(), ", "))
	}
	plain, err := inflate(r)
	if err != nil {
		return err
	}
	n := 0
	err = read(plain, func(run Run) error {
		if n++; n > MaxRuns {
			return fault.New(fault.TooLarge, "The file holds more than %d runs; split it.", MaxRuns)
		}
		return do(run)
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Invalid, "there is no %s run in what was read; check that it is the right file and that --format names its form", format)
	}
	return nil
}

// inflate unpacks r when it is gzip, by its first bytes.
func inflate(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, readFault(err)
	}
	if len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return br, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The file starts like gzip and cannot be unpacked.")
	}
	return z, nil
}

// readFault is the error of a read that failed, also in the middle of gzip.
func readFault(err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "The recorded runs cannot be read to their end; the file is cut off or damaged.")
}
