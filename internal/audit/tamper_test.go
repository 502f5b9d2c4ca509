package audit

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestVerifyFindsTampering(t *testing.T) {
	l, other := newLog(t, 300, 64), newSigner(t, 2)
	original := lines(l.export())
	at := func(index int) int { return lineOf(t, original, index) }
	tests := []struct {
		name   string
		change func(ls [][]byte) [][]byte
		want   want
	}{
		{"a changed content", func(ls [][]byte) [][]byte {
			ls[at(100)] = bytes.Replace(ls[at(100)], []byte("promoted"), []byte("rejected"), 1)
			return ls
		}, want{KindChanged, 100}},
		{"a changed hash", func(ls [][]byte) [][]byte {
			ls[at(100)] = bytes.Replace(ls[at(100)], []byte(tlog.RecordHash(l.leaves[100]).String()), []byte(tlog.RecordHash(nil).String()), 1)
			return ls
		}, want{KindChanged, 100}},
		{"a hash that is none", func(ls [][]byte) [][]byte {
			ls[at(100)] = bytes.Replace(ls[at(100)], []byte(tlog.RecordHash(l.leaves[100]).String()), nil, 1)
			return ls
		}, want{KindChanged, 100}},
		{"a changed content with its hash", func(ls [][]byte) [][]byte {
			leaf := bytes.Replace(l.leaves[100], []byte("promoted"), []byte("rejected"), 1)
			ls[at(100)] = bytes.Replace(ls[at(100)], l.leaves[100], leaf, 1)
			ls[at(100)] = bytes.Replace(ls[at(100)], []byte(tlog.RecordHash(l.leaves[100]).String()), []byte(tlog.RecordHash(leaf).String()), 1)
			return ls
		}, want{KindCheckpoint, -1}},
		{"a missing entry", func(ls [][]byte) [][]byte { return slices.Delete(ls, at(100), at(101)) }, want{KindMissing, 100}},
		{"the first entry missing", func(ls [][]byte) [][]byte { return slices.Delete(ls, at(0), at(1)) }, want{KindMissing, 0}},
		{"the last entry missing", func(ls [][]byte) [][]byte { return slices.Delete(ls, at(299), at(299)+1) }, want{KindMissing, 299}},
		{"ten entries missing", func(ls [][]byte) [][]byte { return slices.Delete(ls, at(100), at(110)) }, want{KindMissing, 100}},
		{"an entry twice", func(ls [][]byte) [][]byte { return slices.Insert(ls, at(101), ls[at(100)]) }, want{KindAdded, 100}},
		{"a made-up entry", func(ls [][]byte) [][]byte {
			return slices.Insert(ls, at(101), bytes.Replace(ls[at(100)], []byte("promoted"), []byte("rejected"), 1))
		}, want{KindChanged, 100}},
		{"an entry after the end", func(ls [][]byte) [][]byte {
			e := bytes.Replace(ls[at(299)], []byte(`{"index":299`), []byte(`{"index":300`), 1)
			return slices.Insert(ls, len(ls), e)
		}, want{KindFormat, -1}},
		{"two entries exchanged", func(ls [][]byte) [][]byte {
			ls[at(100)], ls[at(101)] = ls[at(101)], ls[at(100)]
			return ls
		}, want{KindReordered, 101}},
		{"two far entries exchanged", func(ls [][]byte) [][]byte {
			ls[at(10)], ls[at(200)] = ls[at(200)], ls[at(10)]
			return ls
		}, want{KindReordered, 200}},
		{"cut off in a line", func(ls [][]byte) [][]byte {
			ls = ls[:at(200)+1]
			ls[at(200)] = ls[at(200)][:40]
			return ls
		}, want{KindFormat, -1}},
		{"cut off between lines", func(ls [][]byte) [][]byte { return ls[:at(200)] }, want{KindMissing, 200}},
		{"no header", func(ls [][]byte) [][]byte { return ls[1:] }, want{KindFormat, -1}},
		{"a smaller size in the header", func(ls [][]byte) [][]byte {
			ls[0] = bytes.Replace(ls[0], []byte(`"size":300`), []byte(`"size":200`), 1)
			return ls
		}, want{KindFormat, -1}},
		{"a larger size in the header", func(ls [][]byte) [][]byte {
			ls[0] = bytes.Replace(ls[0], []byte(`"size":300`), []byte(`"size":301`), 1)
			return ls
		}, want{KindMissing, 300}},
		{"no checkpoints", func(ls [][]byte) [][]byte {
			return slices.DeleteFunc(ls, func(l []byte) bool { return bytes.HasPrefix(l, []byte(`{"checkpoint"`)) })
		}, want{KindCheckpoint, -1}},
		{"the newest checkpoint missing", func(ls [][]byte) [][]byte { return ls[:at(299)+1] }, want{KindAdded, 256}},
		{"a checkpoint of another key", func(ls [][]byte) [][]byte {
			c, err := MakeCheckpoint(other, 300, l.head().Root)
			if err != nil {
				t.Fatal(err)
			}
			line, _ := json.Marshal(checkpointLine{string(c.Note)})
			ls[at(299)+1] = append(line, '\n')
			return ls
		}, want{KindCheckpoint, -1}},
		{"a checkpoint in another place", func(ls [][]byte) [][]byte {
			c := ls[at(63)+1]
			return slices.Insert(slices.Delete(ls, at(63)+1, at(63)+2), at(90), c)
		}, want{KindCheckpoint, -1}},
		{"a line of its own making", func(ls [][]byte) [][]byte { return slices.Insert(ls, at(100), []byte("{}\n")) }, want{KindFormat, -1}},
		{"an empty line", func(ls [][]byte) [][]byte { return slices.Insert(ls, at(100), []byte("\n")) }, want{KindFormat, -1}},
		{"an unknown member", func(ls [][]byte) [][]byte {
			ls[at(100)] = bytes.Replace(ls[at(100)], []byte(`"hash"`), []byte(`"note":1,"hash"`), 1)
			return ls
		}, want{KindFormat, -1}},
		{"an endless line", func(ls [][]byte) [][]byte {
			return slices.Insert(ls, at(100), bytes.Repeat([]byte("x"), maxLine+1))
		}, want{KindFormat, -1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, bytes.Join(tt.change(slices.Clone(original)), nil), l.signer.vkey, tt.want)
		})
	}
}
