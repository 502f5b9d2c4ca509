package script

import (
	"errors"
	"fmt"
	"runtime/metrics"
	"strings"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// MaxSource bounds the bytes of a file.
const MaxSource = 1 << 20

// Limits bound one run of a file, or one call of a function of it.
type Limits struct {
	Steps uint64
	Items int           // of one range, or of one sum or product of lists or texts
	Heap  uint64        // bytes that the process may grow by meanwhile
	Wall  time.Duration // a net below Steps, for single steps that take long

	Nodes int // values of a result
	Text  int // bytes of text of a result
}

// maxBits bounds one product of integers, maxDepth the nesting of a result.
const (
	maxBits  = 4096
	maxDepth = 64
)

// stopPrefix opens the reason that a file was stopped for.
const stopPrefix = "stopped: "

// watch bounds a thread's steps, time and memory. The returned function ends the
// watching.
func (l Limits) watch(t *starlark.Thread) (stop func()) {
	t.SetMaxExecutionSteps(l.Steps)
	t.OnMaxSteps = func(t *starlark.Thread) {
		t.Cancel(fmt.Sprintf("%sit took more than %d steps; is there an endless loop?", stopPrefix, l.Steps))
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		wall := time.NewTimer(l.Wall)
		defer wall.Stop()
		most := heapBytes() + l.Heap
		for {
			select {
			case <-done:
				return
			case <-wall.C:
				t.Cancel(fmt.Sprintf("%sit took longer than %s", stopPrefix, l.Wall))
				return
			case <-tick.C:
				if heapBytes() > most {
					t.Cancel(fmt.Sprintf("%sit used more than %d MiB of memory", stopPrefix, l.Heap>>20))
					return
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

func heapBytes() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// stopped reports whether a limit stopped the file.
func stopped(e *starlark.EvalError) bool {
	return strings.Contains(e.Msg, stopPrefix) || errors.Is(e, errTooLarge)
}

var errTooLarge = errors.New("the result is too large")

// boundedFn cannot be written in a file, so it cannot be redefined there.
const boundedFn = "*"

// boundOperators guards every + and * of a file: one of them can ask for a
// gigabyte, and no step count sees it. (+= stays as it is, since it extends a
// list in place; it at most doubles, which leaves time for the watch on memory.)
func boundOperators(f *syntax.File) {
	guard := func(x syntax.Expr) syntax.Expr {
		start, end := x.Span()
		return &syntax.CallExpr{Fn: &syntax.Ident{NamePos: start, Name: boundedFn}, Lparen: start, Args: []syntax.Expr{x}, Rparen: end}
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryExpr:
			if n.Op == syntax.STAR || n.Op == syntax.PLUS {
				n.X = guard(n.X)
			}
		case *syntax.AssignStmt:
			if n.Op == syntax.STAR_EQ {
				n.RHS = guard(n.RHS)
			}
		}
		return true
	})
}

func (l Limits) bounded(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	return operand{args[0], l.Items}, nil
}

// operand is one side of a + or *; it computes only what fits the limits.
type operand struct {
	starlark.Value
	items int
}

var _ starlark.HasBinary = operand{}

// Binary implements starlark.HasBinary.
func (o operand) Binary(op syntax.Token, other starlark.Value, side starlark.Side) (starlark.Value, error) {
	x, y := o.Value, other
	if side == starlark.Right {
		x, y = y, x
	}
	if op == syntax.PLUS {
		if max(starlark.Len(x), 0)+max(starlark.Len(y), 0) > o.items {
			return nil, fmt.Errorf("%w: a sum of more than %d items", errTooLarge, o.items)
		}
	} else if err := errors.Join(o.fits(x, y), o.fits(y, x)); err != nil {
		return nil, err
	}
	return starlark.Binary(op, x, y)
}

// fits reports whether x*y is in bounds, when x is an integer.
func (o operand) fits(x, y starlark.Value) error {
	n, ok := x.(starlark.Int)
	if !ok {
		return nil
	}
	if m, ok := y.(starlark.Int); ok {
		if n.BigInt().BitLen()+m.BigInt().BitLen() > maxBits {
			return fmt.Errorf("%w: an integer of more than %d bits", errTooLarge, maxBits)
		}
		return nil
	}
	size := starlark.Len(y)
	times, fine := n.Int64()
	if n.Sign() > 0 && size > 0 && (!fine || times > int64(o.items/size)) {
		return fmt.Errorf("%w: a product of more than %d items", errTooLarge, o.items)
	}
	return nil
}

// boundedRange is range, of at most l.Items numbers.
func (l Limits) boundedRange(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	v, err := starlark.Call(t, starlark.Universe["range"], args, kwargs)
	if err != nil {
		return nil, err
	}
	if n := starlark.Len(v); n > l.Items {
		return nil, fmt.Errorf("%w: a range of %d numbers, over %d", errTooLarge, n, l.Items)
	}
	return v, nil
}
