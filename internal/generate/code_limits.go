package generate

import (
	"errors"
	"fmt"
	"runtime/metrics"
	"strings"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// The limits of a Starlark file and of what it makes.
const (
	MaxSource = 1 << 20 // bytes of the file
	MaxSteps  = 5_000_000
	MaxItems  = 1_000_000 // of one range, or of one sum or product of lists or texts
	MaxBits   = 4096      // of one product of integers
	MaxHeap   = 256 << 20 // bytes that the process may grow by while it runs
	MaxWall   = 10 * time.Second

	maxNodes = 200_000 // values in the result
	maxText  = 4 << 20 // bytes of text in the result
	maxDepth = 64
)

// stopPrefix opens the reason that a file was stopped for.
const stopPrefix = "stopped: "

// watch bounds a thread's steps, time and memory. The returned function ends the
// watching.
func watch(t *starlark.Thread) (stop func()) {
	t.SetMaxExecutionSteps(MaxSteps)
	t.OnMaxSteps = func(t *starlark.Thread) {
		t.Cancel(fmt.Sprintf("%sit took more than %d steps; is there an endless loop?", stopPrefix, MaxSteps))
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		wall := time.NewTimer(MaxWall)
		defer wall.Stop()
		most := heapBytes() + MaxHeap
		for {
			select {
			case <-done:
				return
			case <-wall.C:
				t.Cancel(fmt.Sprintf("%sit took longer than %s", stopPrefix, MaxWall))
				return
			case <-tick.C:
				if heapBytes() > most {
					t.Cancel(fmt.Sprintf("%sit used more than %d MiB of memory", stopPrefix, MaxHeap>>20))
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

func bounded(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	return operand{args[0]}, nil
}

// operand is one side of a + or *; it computes only what fits the limits.
type operand struct{ starlark.Value }

var _ starlark.HasBinary = operand{}

// Binary implements starlark.HasBinary.
func (o operand) Binary(op syntax.Token, other starlark.Value, side starlark.Side) (starlark.Value, error) {
	x, y := o.Value, other
	if side == starlark.Right {
		x, y = y, x
	}
	if op == syntax.PLUS {
		if max(starlark.Len(x), 0)+max(starlark.Len(y), 0) > MaxItems {
			return nil, fmt.Errorf("%w: a sum of more than %d items", errTooLarge, MaxItems)
		}
	} else if err := errors.Join(fits(x, y), fits(y, x)); err != nil {
		return nil, err
	}
	return starlark.Binary(op, x, y)
}

// fits reports whether x*y is in bounds, when x is an integer.
func fits(x, y starlark.Value) error {
	n, ok := x.(starlark.Int)
	if !ok {
		return nil
	}
	if m, ok := y.(starlark.Int); ok {
		if n.BigInt().BitLen()+m.BigInt().BitLen() > MaxBits {
			return fmt.Errorf("%w: an integer of more than %d bits", errTooLarge, MaxBits)
		}
		return nil
	}
	size := starlark.Len(y)
	times, fine := n.Int64()
	if n.Sign() > 0 && size > 0 && (!fine || times > int64(MaxItems/size)) {
		return fmt.Errorf("%w: a product of more than %d items", errTooLarge, MaxItems)
	}
	return nil
}

// boundedRange is range, of at most MaxItems numbers.
func boundedRange(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	v, err := starlark.Call(t, starlark.Universe["range"], args, kwargs)
	if err != nil {
		return nil, err
	}
	if n := starlark.Len(v); n > MaxItems {
		return nil, fmt.Errorf("%w: a range of %d numbers, over %d", errTooLarge, n, MaxItems)
	}
	return v, nil
}
