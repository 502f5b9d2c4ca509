package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// entry checks one entry: its place, its content against its hash, and takes the
// hash into the tree. The tree is made of the hashes that the export gives, so
// that a changed content is told from a changed hash: the root still holds in the
// first case.
func (c *checker) entry(e entryLine) {
	if e.Index < 0 || e.Index > maxIndex {
		c.problem(-1, KindFormat, "No ledger has an entry %d; entry %d was expected.", e.Index, c.next)
		return
	}
	c.leaves++
	leaf, ok := e.leaf()
	hash, err := parseHash(e.Hash)
	switch {
	case err != nil || !ok:
		c.problem(e.Index, KindChanged, "Entry %d was changed: it has no readable hash, or not exactly one leaf.", e.Index)
	case tlog.RecordHash(leaf) != hash:
		c.problem(e.Index, KindChanged, "Entry %d was changed: its content does not have its hash.", e.Index)
	}
	c.place(early{e.Index, hash, c.line})
}

// leaf is the entry's exact bytes.
func (e entryLine) leaf() ([]byte, bool) {
	if e.LeafBytes == nil {
		return e.Leaf, e.Leaf != nil
	}
	b, ok := decodeBase64(*e.LeafBytes)
	return b, ok && e.Leaf == nil
}

// checkpoint checks a signed tree head against the entries before it.
func (c *checker) checkpoint(p checkpointLine) {
	c.settle()
	cp, err := openCheckpoint([]byte(p.Checkpoint), c.key)
	switch {
	case err != nil:
		c.problem(-1, KindCheckpoint, "The checkpoint after entry %d is not signed with the key of %s, or was changed.", c.next-1, c.key.Name())
		return
	case cp.Size < c.next:
		c.problem(-1, KindCheckpoint, "The checkpoint of %d entries stands after entry %d.", cp.Size, c.next-1)
		return
	case cp.Size > c.next: // it is signed: the entries before it were there
		c.jump(cp.Size, c.line)
		c.next = cp.Size
		return
	case c.torn: // told where it was torn
		return
	case cp.Root != c.tree.root():
		c.torn = true
		c.problem(-1, KindCheckpoint, "The signed root of %d entries is not that of these entries: %s is not as it was signed.", cp.Size, c.since(cp.Size))
		return
	}
	c.proven, c.root = cp.Size, cp.Root
}

// since names the entries that the failing checkpoint covers and the newest
// holding one does not.
func (c *checker) since(size int64) string {
	from := max(c.proven, 0)
	if size-from == 1 {
		return fmt.Sprintf("entry %d", from)
	}
	return fmt.Sprintf("at least one of the entries %d to %d", from, size-1)
}

// finish tells what can only be told at the end.
func (c *checker) finish() Report {
	c.settle()
	if c.declared > c.next && !c.stop {
		c.jump(c.declared, c.line)
	}
	for x := range c.displaced {
		c.gaps.fill(x)
	}
	for _, s := range c.gaps.spans {
		if s.hi-s.lo == 1 {
			c.problemAt(s.line, s.lo, KindMissing, "Entry %d is missing.", s.lo)
			continue
		}
		c.problemAt(s.line, s.lo, KindMissing, "The entries %d to %d are missing.", s.lo, s.hi-1)
	}
	if c.declared >= 0 && c.declared < c.next {
		c.problemAt(1, -1, KindFormat, "The header gives %d entries, and there are %d.", c.declared, c.next)
	}
	switch {
	case c.proven < 0 && len(c.problems) == 0:
		c.problemAt(0, -1, KindCheckpoint, "There is no signed checkpoint: nothing is proven.")
	case c.proven < c.next && !c.torn:
		c.problemAt(0, max(c.proven, 0), KindAdded, "The entries from %d on are covered by no signed checkpoint.", max(c.proven, 0))
	}
	if c.dropped > 0 {
		c.problems = append(c.problems, Problem{Index: -1, Kind: KindFormat, Text: fmt.Sprintf("There are %d more problems.", c.dropped)})
	}
	r := Report{Leaves: c.leaves, Checkpoint: max(c.proven, 0), Verified: len(c.problems) == 0, Problems: c.problems}
	if c.proven >= 0 {
		r.Root = c.root.String()
	}
	if r.Problems == nil {
		r.Problems = []Problem{}
	}
	return r
}
