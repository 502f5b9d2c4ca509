package audit

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func TestEncode(t *testing.T) {
	leaf, err := Encode(event(7))
	want := `{"action":"release.promoted","actor":{"kind":"service","name":"aureus"},"attrs":{"a":"1","b":"2"},"id":"E00007",` +
		`"reason":"weil <es> läuft & läuft","subjectId":"R7","subjectKind":"release","time":1700000000007}`
	if err != nil || string(leaf) != want {
		t.Errorf("Encode = %s, %v; want %s", leaf, err, want)
	}
	var back resource.Event
	if err := json.Unmarshal(leaf, &back); err != nil || back.Reason != event(7).Reason {
		t.Errorf("the leaf reads back as %+v, %v", back, err)
	}
}

func TestEncodeTakesEveryText(t *testing.T) {
	leaf, err := Encode(resource.Event{Action: "a", Reason: "no \xff UTF-8"})
	if err != nil || !strings.Contains(string(leaf), "no � UTF-8") {
		t.Errorf("Encode of a text that is no UTF-8 = %s, %v; want U+FFFD in its place", leaf, err)
	}
}

func TestEncodeLimit(t *testing.T) {
	e := resource.Event{Action: "a"}
	base, err := Encode(resource.Event{Action: "a", Reason: "x"})
	if err != nil {
		t.Fatal(err)
	}
	e.Reason = strings.Repeat("x", MaxLeaf-len(base)+1)
	if leaf, err := Encode(e); err != nil || len(leaf) != MaxLeaf {
		t.Errorf("Encode of the largest event = %d bytes, %v; want %d", len(leaf), err, MaxLeaf)
	}
	e.Reason += "x"
	if _, err := Encode(e); fault.CodeOf(err) != fault.TooLarge {
		t.Errorf("Encode of a larger event = %v, want code TOO_LARGE", err)
	}
}

// Whatever the batches, the tree is the one that tlog makes leaf by leaf, and the
// compact range has its root.
func TestAppendMatchesTLog(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := &log{t: t, signer: newSigner(t, 1)}
		var want []tlog.Hash
		var compact compactRange
		reader := tlog.HashReaderFunc(func(x []int64) (out []tlog.Hash, _ error) {
			for _, i := range x {
				out = append(out, want[i])
			}
			return out, nil
		})
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 70), 1, 6).Draw(rt, "batches") {
			var leaves [][]byte
			for i := range n {
				leaf := []byte{byte(len(l.leaves) + i), byte(n)}
				leaves = append(leaves, leaf)
				added, err := tlog.StoredHashes(int64(len(l.leaves)+i), leaf, reader)
				if err != nil {
					rt.Fatal(err)
				}
				want = append(want, added...)
				compact.add(tlog.RecordHash(leaf))
			}
			l.append(leaves...)
		}
		if !slices.Equal(l.hashes, want) {
			rt.Fatalf("Append stored other hashes than tlog")
		}
		root, err := tlog.TreeHash(int64(len(l.leaves)), reader)
		if err != nil || l.head().Root != root || compact.root() != root {
			rt.Fatalf("roots: Append %v, compact range %v; want %v, %v", l.head().Root, compact.root(), root, err)
		}
	})
}

func TestAppendReadsTheEdgeOnce(t *testing.T) {
	l := newLog(t, 300, 300)
	reads := 0
	r := tlog.HashReaderFunc(func(x []int64) ([]tlog.Hash, error) {
		reads++
		return l.reader().ReadHashes(x)
	})
	if _, _, err := Append(300, [][]byte{{1}, {2}, {3}}, r); err != nil || reads != 1 {
		t.Errorf("Append read %d times, %v; want once", reads, err)
	}
}

func TestAppendFails(t *testing.T) {
	broken := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, fault.New(fault.StorageFull, "full") })
	if _, _, err := Append(3, [][]byte{{1}}, broken); fault.CodeOf(err) != fault.StorageFull {
		t.Errorf("Append with a failing reader = %v, want the reader's error", err)
	}
	short := Reader(func([]int64) ([][32]byte, error) { return nil, nil })
	if _, _, err := Append(3, [][]byte{{1}}, short); fault.CodeOf(err) != fault.Corrupt {
		t.Errorf("Append without its hashes = %v, want code STORAGE_CORRUPT", err)
	}
	if _, _, err := Append(-1, nil, short); fault.CodeOf(err) != fault.Internal {
		t.Errorf("Append to a negative size = %v, want code INTERNAL", err)
	}
}

func TestInclusion(t *testing.T) {
	l := newLog(t, 37, 5)
	for size := int64(1); size <= 37; size++ {
		root, err := tlog.TreeHash(size, l.reader())
		if err != nil {
			t.Fatal(err)
		}
		for index := range size {
			proof, err := ProveInclusion(index, size, l.reader())
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyInclusion(l.leaves[index], index, size, root, proof); err != nil {
				t.Fatalf("VerifyInclusion(%d of %d) = %v", index, size, err)
			}
			other := (index + 1) % 37
			for name, err := range map[string]error{
				"another leaf":  VerifyInclusion(l.leaves[other], index, size, root, proof),
				"another index": VerifyInclusion(l.leaves[index], index+1, size, root, proof),
				"another root":  VerifyInclusion(l.leaves[index], index, size, tlog.Hash{}, proof),
				"a longer path": VerifyInclusion(l.leaves[index], index, size, root, append(slices.Clone(proof), tlog.Hash{})),
			} {
				if fault.CodeOf(err) != fault.Verification {
					t.Fatalf("VerifyInclusion(%d of %d) with %s = %v, want code VERIFICATION_FAILED", index, size, name, err)
				}
			}
		}
	}
	if _, err := ProveInclusion(37, 37, l.reader()); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("ProveInclusion(37 of 37) = %v, want code NOT_FOUND", err)
	}
}

func TestConsistency(t *testing.T) {
	l := newLog(t, 37, 5)
	roots := make([]tlog.Hash, 38)
	for n := range roots {
		var err error
		if roots[n], err = tlog.TreeHash(int64(n), l.reader()); err != nil {
			t.Fatal(err)
		}
	}
	for old := int64(1); old <= 37; old++ {
		for size := old; size <= 37; size++ {
			proof, err := ProveConsistency(old, size, l.reader())
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyConsistency(old, roots[old], size, roots[size], proof); err != nil {
				t.Fatalf("VerifyConsistency(%d in %d) = %v", old, size, err)
			}
			if err := VerifyConsistency(old, roots[old-1], size, roots[size], proof); fault.CodeOf(err) != fault.Verification {
				t.Fatalf("VerifyConsistency(%d in %d) with another root = %v, want code VERIFICATION_FAILED", old, size, err)
			}
		}
	}
	for _, pair := range [][2]int64{{0, 5}, {6, 5}} {
		if _, err := ProveConsistency(pair[0], pair[1], l.reader()); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("ProveConsistency(%d in %d) = %v, want code INVALID", pair[0], pair[1], err)
		}
	}
}

func TestReaderPassesErrorsOn(t *testing.T) {
	cause := errors.New("disk")
	r := Reader(func([]int64) ([][32]byte, error) { return nil, cause })
	if _, err := r.ReadHashes([]int64{0}); !errors.Is(err, cause) {
		t.Errorf("ReadHashes = %v, want %v", err, cause)
	}
}
