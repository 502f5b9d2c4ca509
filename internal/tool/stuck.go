package tool

import (
	"context"
	"errors"
	"time"
)

// A server that leaves stuckCalls calls in a row unanswered, and then a ping for
// pingTime, is taken for stuck: its connection is made again. One slow tool does
// not bring others down, since their answers, or that of the ping, count.
const (
	stuckCalls = 3
	pingTime   = 2 * time.Second
)

// answered notes how a call ended, and looks after a server that answers none.
func (l *link) answered(err error) {
	if !errors.Is(err, context.DeadlineExceeded) {
		l.unanswered.Store(0)
		return
	}
	if l.unanswered.Add(1) != stuckCalls {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(l.closing, pingTime)
		defer cancel()
		if l.session.Ping(ctx, nil) != nil {
			l.broken.Store(true)
		}
		l.unanswered.Store(0)
	}()
}
