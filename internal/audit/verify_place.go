package audit

import "golang.org/x/mod/sumdb/tlog"

// early is an entry that came before its turn, with the line it stands on.
type early struct {
	index int64
	hash  tlog.Hash
	line  int64
}

// place puts an entry into the order. An entry that comes too early is held until
// the next one: if that goes on after it, those between are missing; if that goes
// on before it, the early one stands in the wrong place.
func (c *checker) place(e early) {
	if h := c.held; h != nil && e.index >= c.next {
		switch {
		case e.index > h.index:
			c.settle()
		case e.index < h.index:
			c.held = nil
			c.displace(*h)
		default:
			c.second(e.index)
			return
		}
	}
	switch {
	case e.index == c.next:
		c.tree.add(e.hash)
		c.advance(e.index + 1)
	case e.index > c.next:
		c.held = &e
	case c.gaps.fill(e.index):
		c.torn = true
		c.problem(e.index, KindReordered, "Entry %d stands after entry %d.", e.index, c.next-1)
	default:
		c.second(e.index)
	}
}

func (c *checker) second(index int64) {
	c.torn = true
	c.problem(index, KindAdded, "There is a second entry %d.", index)
}

// settle takes the held entry as the next one: those before it are missing, unless
// they come later.
func (c *checker) settle() {
	if c.held == nil {
		return
	}
	h := *c.held
	c.held = nil
	c.jump(h.index, h.line)
	c.advance(h.index + 1)
}

// displace notes that an entry stands too early.
func (c *checker) displace(e early) {
	c.torn = true
	c.problemAt(e.line, e.index, KindReordered, "Entry %d stands after entry %d.", e.index, c.next-1)
	if len(c.displaced) >= maxGaps {
		c.disorder()
		return
	}
	c.displaced[e.index] = true
}

// advance expects index next, or the first one after it that was not seen yet.
func (c *checker) advance(next int64) {
	for c.displaced[next] {
		delete(c.displaced, next)
		next++
	}
	c.next = next
}

// jump notes that the entries from the expected one to before index are not here.
func (c *checker) jump(index, line int64) {
	c.torn = true
	if !c.gaps.skip(c.next, index, line) {
		c.disorder()
	}
}

func (c *checker) disorder() {
	c.stop = true
	c.problem(-1, KindFormat, "The entries are in no order. The rest was not read.")
}
