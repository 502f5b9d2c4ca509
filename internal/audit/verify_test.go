package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/fault"
)

// lines splits an export; each keeps its newline.
func lines(export []byte) [][]byte { return bytes.SplitAfter(export, []byte("\n")) }

// lineOf is the position in ls of the entry with the given index.
func lineOf(t testing.TB, ls [][]byte, index int) int {
	t.Helper()
	for i, l := range ls {
		var e struct{ Index *int }
		if json.Unmarshal(l, &e) == nil && e.Index != nil && *e.Index == index {
			return i
		}
	}
	t.Fatalf("no line of entry %d", index)
	return 0
}

// want is the problem that has to be found first.
type want struct {
	kind  string
	index int64
}

func check(t *testing.T, export []byte, vkey string, w want) {
	t.Helper()
	r := verified(t, export, vkey)
	if r.Verified || len(r.Problems) == 0 {
		t.Fatalf("Verify = %+v, want a problem %+v", r, w)
	}
	if got := (want{r.Problems[0].Kind, r.Problems[0].Index}); got != w {
		t.Errorf("the first problem is %+v, want %+v", r.Problems[0], w)
	}
}

func TestVerify(t *testing.T) {
	for _, size := range []struct{ n, batch int }{{1, 1}, {2, 1}, {300, 300}, {300, 7}} {
		l := newLog(t, size.n, size.batch)
		got := verified(t, l.export(), l.signer.vkey+"\n")
		want := Report{Leaves: int64(size.n), Checkpoint: int64(size.n), Root: l.head().Root.String(), Verified: true, Problems: []Problem{}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Verify of %d entries in batches of %d differs (-want +got):\n%s", size.n, size.batch, diff)
		}
	}
}

func TestVerifyEmptyLedger(t *testing.T) {
	l := newLog(t, 0, 1)
	if r := verified(t, l.export(), l.signer.vkey); r.Verified || r.Problems[0].Kind != KindCheckpoint {
		t.Errorf("Verify of a ledger without a checkpoint = %+v, want that nothing is proven", r)
	}
	l.append()
	if r := verified(t, l.export(), l.signer.vkey); !r.Verified || r.Checkpoint != 0 {
		t.Errorf("Verify of an empty ledger with a checkpoint = %+v, want verified", r)
	}
}

func TestVerifyFindsEveryChangedByte(t *testing.T) {
	l := newLog(t, 2, 2)
	export := l.export()
	for i := range export {
		for _, mask := range []byte{0x01, 0x20, 0x80} {
			changed := bytes.Clone(export)
			changed[i] ^= mask
			r, err := Verify(bytes.NewReader(changed), l.signer.vkey)
			if err != nil || r.Verified {
				t.Fatalf("Verify with byte %d changed from %q to %q = %+v, %v; want a problem", i, export[i], changed[i], r, err)
			}
		}
	}
}

// One changed byte of a leaf names its entry, whatever the byte was.
func TestVerifyLocatesAChangedLeaf(t *testing.T) {
	l := newLog(t, 300, 64)
	ls := lines(l.export())
	for _, index := range []int{0, 1, 63, 64, 150, 298, 299} {
		at := lineOf(t, ls, index)
		leaf := bytes.Index(ls[at], []byte(`"leaf":`)) + len(`"leaf":`)
		for i := leaf; i < len(ls[at])-2; i += 17 {
			changed := slices.Clone(ls)
			changed[at] = bytes.Clone(ls[at])
			changed[at][i] ^= 0x01
			r := verified(t, bytes.Join(changed, nil), l.signer.vkey)
			if r.Verified || !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Index == int64(index) }) {
				t.Fatalf("byte %d of entry %d changed: Verify = %+v, want a problem of this entry", i, index, r)
			}
		}
	}
}

func TestVerifyWithAnotherKey(t *testing.T) {
	l, other := newLog(t, 20, 5), newSigner(t, 2)
	check(t, l.export(), other.vkey, want{KindCheckpoint, -1})
	if _, err := Verify(bytes.NewReader(l.export()), "no key"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("Verify with a key that is none = %v, want code INVALID", err)
	}
}

// An attacker who rewrites everything but has no key is found at the first
// checkpoint that covers the change, and everything before it still holds.
func TestVerifyNarrowsARewrite(t *testing.T) {
	l := newLog(t, 300, 64)
	ls := lines(l.export())
	leaf := bytes.Replace(l.leaves[150], []byte("promoted"), []byte("rejected"), 1)
	at := lineOf(t, ls, 150)
	ls[at] = bytes.Replace(bytes.Replace(ls[at], l.leaves[150], leaf, 1), []byte(tlog.RecordHash(l.leaves[150]).String()), []byte(tlog.RecordHash(leaf).String()), 1)
	r := verified(t, bytes.Join(ls, nil), l.signer.vkey)
	if r.Checkpoint != 128 || !strings.Contains(r.Problems[0].Text, "entries 128 to 191") {
		t.Errorf("Verify = %+v, want that 128 entries hold and one of 128 to 191 does not", r)
	}
}

func TestVerifyOfWhatIsNoExport(t *testing.T) {
	l := newLog(t, 1, 1)
	for _, text := range []string{"", "hello\n", "# Readme\n\ntext\n", "{}\n{}\n", "\x00\x01"} {
		if r, err := Verify(strings.NewReader(text), l.signer.vkey); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("Verify(%q) = %+v, %v; want code INVALID", text, r, err)
		}
	}
	cause := errors.New("disk")
	if _, err := Verify(iotest.ErrReader(cause), l.signer.vkey); !errors.Is(err, cause) {
		t.Errorf("Verify of a failing reader = %v, want %v", err, cause)
	}
}

func TestVerifyListsAtMostAHundredProblems(t *testing.T) {
	l := newLog(t, 300, 300)
	r := verified(t, bytes.ReplaceAll(l.export(), []byte("promoted"), []byte("rejected")), l.signer.vkey)
	if len(r.Problems) != maxProblems || !strings.Contains(r.Problems[maxProblems-1].Text, "201 more") {
		t.Errorf("%d problems, the last %+v; want %d and how many more there are", len(r.Problems), r.Problems[len(r.Problems)-1], maxProblems)
	}
}

// A hostile order of entries cannot make Verify remember without a bound.
func TestVerifyStopsAtDisorder(t *testing.T) {
	l := newLog(t, 1, 1)
	ls := lines(l.export())
	var out bytes.Buffer
	out.Write(ls[0])
	entry := bytes.TrimPrefix(ls[lineOf(t, ls, 0)], []byte(`{"index":0`))
	for i := range maxGaps + 5 {
		index, _ := json.Marshal(2*i + 1)
		out.WriteString(`{"index":` + string(index))
		out.Write(entry)
	}
	r := verified(t, out.Bytes(), l.signer.vkey)
	if r.Verified || r.Leaves > maxGaps+2 {
		t.Errorf("Verify read %d entries in no order, want to stop after %d", r.Leaves, maxGaps+2)
	}
}

// Any edit of the lines of an export is found.
func TestVerifyFindsEveryEdit(t *testing.T) {
	l := newLog(t, 40, 9)
	original := lines(l.export())
	original = original[:len(original)-1] // after the last newline is nothing
	rapid.Check(t, func(rt *rapid.T) {
		ls := slices.Clone(original)
		pick := func(name string) int { return rapid.IntRange(0, len(ls)-1).Draw(rt, name) }
		for range rapid.IntRange(1, 3).Draw(rt, "edits") {
			i, j := pick("i"), pick("j")
			switch rapid.IntRange(0, 3).Draw(rt, "edit") {
			case 0:
				ls = slices.Delete(ls, i, i+1)
			case 1:
				ls = slices.Insert(ls, i, ls[j])
			case 2:
				ls[i], ls[j] = ls[j], ls[i]
			case 3:
				ls[i] = bytes.Clone(ls[i])
				ls[i][rapid.IntRange(0, len(ls[i])-1).Draw(rt, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "mask"))
			}
		}
		edited := bytes.Join(ls, nil)
		r, err := Verify(bytes.NewReader(edited), l.signer.vkey)
		if err == nil && r.Verified && !harmless(original, ls) {
			rt.Fatalf("Verify = %+v, want a problem in\n%s", r, edited)
		}
	})
}

// harmless edits take away or repeat an old checkpoint, or change nothing: every
// entry is still there, in order, and covered by the newest checkpoint.
func harmless(original, edited [][]byte) bool {
	keep := func(l []byte) bool { return bytes.HasPrefix(l, []byte(`{"checkpoint"`)) }
	strip := func(ls [][]byte) []byte { return bytes.Join(slices.DeleteFunc(slices.Clone(ls), keep), nil) }
	return bytes.Equal(strip(original), strip(edited)) && bytes.Equal(original[len(original)-1], edited[len(edited)-1])
}

func FuzzVerify(f *testing.F) {
	l := newLog(f, 5, 2)
	export := l.export()
	f.Add(export)
	f.Add([]byte("{\"format\":\"aureus-ledger/v1\",\"origin\":\"\",\"vkey\":\"\",\"size\":-1}\n"))
	f.Add([]byte("{\"index\":9223372036854775807,\"hash\":\"\",\"leafBytes\":\"\"}\n{\"index\":0,\"hash\":\"\",\"leaf\":null}\n"))
	f.Add([]byte("{\"checkpoint\":\"\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Verify(bytes.NewReader(data), l.signer.vkey)
		if err != nil {
			return
		}
		if r.Verified != (len(r.Problems) == 0) || len(r.Problems) > maxProblems {
			t.Errorf("Verify(%q) = %+v: verified and problems do not agree", data, r)
		}
		if r.Verified && r.Leaves != r.Checkpoint {
			t.Errorf("Verify(%q) = %+v: verified with %d entries and a checkpoint of %d", data, r, r.Leaves, r.Checkpoint)
		}
	})
}
