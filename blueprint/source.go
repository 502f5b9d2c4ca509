package blueprint

import (
	"maps"
	"slices"
)

// Position is a place in a file.
type Position struct {
	File   string
	Line   int // from 1; 0 is unknown
	Column int // from 1, in characters
}

// Source remembers where each field of a parsed blueprint was written. A nil
// Source knows no place.
type Source struct {
	File string // as given to Parse
	at   map[string]Position
	// blocks are the paths whose text begins on the line after their place.
	blocks map[string]bool
}

// TextPosition returns where a line, from 1, of the text in field path was
// written. Lines of a text that is not written in block style are not told apart.
func (s *Source) TextPosition(path string, line int) Position {
	p := s.Position(path)
	if s == nil || line < 1 || !s.blocks[path] {
		return p
	}
	return Position{File: p.File, Line: p.Line + line}
}

// Files returns the files that the blueprint was read from, its own and those that
// it names, sorted.
func (s *Source) Files() []string {
	if s == nil {
		return nil
	}
	files := map[string]bool{s.File: true}
	for _, p := range s.at {
		files[p.File] = true
	}
	delete(files, "")
	return slices.Sorted(maps.Keys(files))
}

// Position returns where the field path (spec.tools[2].riskTier) was written: the
// value of a scalar, the name of a list or object. A path that was not written
// gives the place of the nearest field around it.
func (s *Source) Position(path string) Position {
	if s == nil {
		return Position{}
	}
	for {
		if p, ok := s.at[path]; ok {
			return p
		}
		up, ok := parentPath(path)
		if !ok {
			return Position{File: s.File}
		}
		path = up
	}
}

// add records the places of n and everything in it.
func (s *Source) add(file, path string, n *node) {
	s.record(path, Position{File: file, Line: n.line, Column: n.col})
	if n.block {
		s.blocks[path] = true
	}
	s.addKids(file, path, n)
}

func (s *Source) addKids(file, path string, n *node) {
	for i, kid := range n.kids {
		if n.kind == kindArray {
			s.add(file, joinIndex(path, i), kid)
			continue
		}
		p, k := joinKey(path, n.keys[i].name), n.keys[i]
		if kid.kind == kindObject || kid.kind == kindArray {
			s.record(p, Position{File: file, Line: k.line, Column: k.col})
			s.addKids(file, p, kid)
			continue
		}
		s.add(file, p, kid)
	}
}

func (s *Source) record(path string, p Position) {
	s.at[path] = p
}
