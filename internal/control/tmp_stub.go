package control

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
	"io"
)

type Report struct {
	Passed   bool
	Findings []resource.Finding
}

func Validate(a *blueprint.Agent, src any) Report { return Report{} }
func crvDelta(from, to *resource.Manifest, a, b string) resource.Delta { return resource.Delta{} }

type exportWriter struct{ w io.Writer }

func newExportWriter(w io.Writer) *exportWriter                 { return &exportWriter{w} }
func (e *exportWriter) Header(o, v string, n int64) error        { return fault.New(fault.Internal, "x") }
func (e *exportWriter) Entry(i int64, b []byte) error            { return nil }
func (e *exportWriter) Checkpoint(n []byte) error                { return nil }
func (e *exportWriter) Close() error                             { return nil }
