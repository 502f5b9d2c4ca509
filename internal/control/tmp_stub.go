package control

import (
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

func crvDelta(from, to *resource.Manifest, a, b string) resource.Delta {
	return crv.Delta(from, to, a, b)
}
