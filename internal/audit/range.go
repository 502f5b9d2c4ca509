package audit

import "golang.org/x/mod/sumdb/tlog"

// compactRange is the root of a growing tree in memory of its height: the roots
// of the perfect subtrees that it is made of, largest first.
type compactRange struct {
	size  int64
	nodes []tlog.Hash
}

// add appends a leaf's hash.
func (c *compactRange) add(h tlog.Hash) {
	for n := c.size; n&1 == 1; n >>= 1 {
		last := len(c.nodes) - 1
		h = tlog.NodeHash(c.nodes[last], h)
		c.nodes = c.nodes[:last]
	}
	c.nodes = append(c.nodes, h)
	c.size++
}

// root is the tree's root.
func (c *compactRange) root() tlog.Hash {
	if c.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // the hash of nothing: it reads nothing and cannot fail
		return h
	}
	h := c.nodes[len(c.nodes)-1]
	for i := len(c.nodes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(c.nodes[i], h)
	}
	return h
}
