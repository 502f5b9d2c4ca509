package main

import (
	"context"
	"io"
	"strings"
	"testing"
)

// TestStoppedAtStdin: a signal ends a command that waits for its standard input.
func TestStoppedAtStdin(t *testing.T) {
	for _, args := range []string{"validate -", "policy check -", "push -", "invoke my-desk --input -"} {
		t.Run(args, func(t *testing.T) {
			t.Setenv("AUREUS_TOKEN", "aureus_x")
			ctx, stop := context.WithCancel(t.Context())
			r, w := io.Pipe()
			defer w.Close()
			asked := make(chan struct{})
			go func() { // the command has begun to read when this write ends
				_, _ = w.Write([]byte(" "))
				close(asked)
			}()
			code, said := make(chan int), &strings.Builder{}
			go func() { code <- run(ctx, strings.Fields(args), r, io.Discard, said) }()
			<-asked
			stop()
			if got := <-code; got == 0 || !strings.Contains(said.String(), "a signal stopped it") {
				t.Errorf("run(%s) = %d, %q, want an error that says a signal stopped it", args, got, said)
			}
		})
	}
}

func TestStdinIsReadToItsEnd(t *testing.T) {
	s := &stdin{ctx: t.Context(), source: strings.NewReader(strings.Repeat("line\n", 50_000))}
	if got, err := io.ReadAll(s); err != nil || len(got) != 250_000 {
		t.Errorf("ReadAll() = %d bytes, %v, want 250000", len(got), err)
	}
}
