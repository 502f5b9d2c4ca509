package agentrun

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// SessionJournal makes a session's progress durable. Record returns only when e
// would survive a crash; a session calls it with every guard decision before the
// call's effect, from several goroutines. It returns the request that a pending
// call waits for. After an error nothing of e is stored and the call is not made.
type SessionJournal interface {
	Record(ctx context.Context, e Entry) (approval string, err error)
}

// Entry is what happened in a session since the entry before.
type Entry struct {
	Run      resource.Run    // without steps
	Last     bool            // Run has ended; the session is over
	Steps    []resource.Step // new ones and completed ones, by Index
	Decision *resource.Decision
	Call     *Call   // of Decision
	Weighed  Weighed // what Decision was made of
}

// Session is a run whose calls come from outside, from an agent that Aureus does
// not run. Its calls go the same way as those of a [Runner]: gates, guard,
// record, call, gates. It is safe for concurrent use: the guard's state moves
// one call at a time, effects overlap.
//
// What a runner ends a run for ends a session too: refusals in a row, unreadable
// arguments or unanswered calls in a row, and gates that block. Every further
// call is refused then. A session has no output, so neither its success criteria
// nor the phase that it ends in are judged. Its time budget and its latency
// count the time spent in calls.
type Session struct {
	journal SessionJournal

	mu       sync.Mutex
	l        *loop
	done     []resource.Step // completed, and not recorded yet
	working  int             // calls that are being dealt with
	closing  bool
	idle     chan struct{} // closed when closing and no call is being dealt with
	said     string        // what the user said last
	recorded bool          // the end is
}

// Asked is a call that a session's client asks for.
type Asked struct {
	Name string
	Args string // what the client sent, and may be anything
	// User is what the user said since the call before, "" for nothing new.
	User string
	// Progress is told how far the call is; nil: nobody listens.
	Progress func(done, total float64)
	// Updated is Call.Updated.
	Updated func(uri string) (listening bool)
	// Attempt and Grant go on with a call that waited: the attempt of its answer and
	// what the human said.
	Attempt string
	Grant   *Grant

	noAsk string // why people cannot be asked
	again bool   // it is decided anew
}

// Answer is what became of a call.
type Answer struct {
	Result   *Result // what the tool answered; nil when the call was not made or its result is withheld
	Text     string  // what the client is told when there is no Result
	Attempt  string  // the call's id in the run
	Approval string  // the request that it waits for, when Pending
	Pending  bool
	Decision resource.Decision // zero when the guard was not asked
}

// NewSession begins a session with the run of spec. Runner.Model and
// Runner.Journal are not used.
func (r *Runner) NewSession(s Spec, j SessionJournal) (*Session, error) {
	l, err := r.newLoop(s)
	if err != nil {
		return nil, err
	}
	if err := l.begin(); err != nil {
		return nil, err
	}
	l.messages = nil
	return &Session{journal: j, l: l, idle: make(chan struct{})}, nil
}

// asked is a call on its way through a session.
type asked struct {
	attempt
	decision *resource.Decision
	text     string // for the client; "" while the call may be made
	denials  int    // refusals in a row before it
	approval string // the request that it waits for
}

// Call deals with one call. An error means that it was not made, because its
// decision could not be stored.
func (s *Session) Call(ctx context.Context, c Asked) (Answer, error) {
	s.mu.Lock()
	if over := s.over(); over != "" {
		s.mu.Unlock()
		return Answer{Text: over}, nil
	}
	s.working++
	defer s.leave(ctx)
	k, e, err := s.decide(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{Text: k.text, Attempt: k.call.ID}
	if k.decision == nil {
		return out, nil
	}
	out.Decision = *k.decision
	switch k.decision.State {
	case resource.DecisionApproved:
		step := e.Steps[len(e.Steps)-1]
		out.Result, out.Text = s.perform(ctx, k.attempt, step)
	case resource.DecisionPending:
		out.Pending, out.Approval = true, k.approval
	}
	return out, nil
}

// decide takes a call up to a decision that is on record, again when what it was
// made of has moved. The session is locked when it begins.
func (s *Session) decide(ctx context.Context, c Asked) (asked, Entry, error) {
	for range MaxAgain {
		k := s.consider(c)
		e, held := s.entry(k)
		s.mu.Unlock()
		if k.decision == nil {
			return k, e, nil
		}
		approval, err := s.journal.Record(context.WithoutCancel(ctx), e)
		if err == nil {
			k.approval = approval
			return k, e, nil
		}
		var again *Again
		var off *Off
		if errors.As(err, &off) {
			return s.takenOff(k, held, c.Grant == nil, off.Why), e, nil
		}
		if !errors.As(err, &again) {
			s.putBack(held)
			return k, e, err
		}
		s.mu.Lock()
		s.retract(k, held, c.Grant == nil)
		c.Attempt, c.User, c.again, c.noAsk = k.call.ID, "", true, cmp.Or(again.NoAsk, c.noAsk)
	}
	s.mu.Unlock()
	return asked{}, Entry{}, errContended(s.l.run.ID)
}

// takenOff ends the session in place of a call whose version may make none any
// more.
func (s *Session) takenOff(k asked, held []resource.Step, first bool, why string) asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retract(k, held, first)
	if s.l.run.Outcome == resource.OutcomeRunning {
		s.l.end(resource.OutcomeError, resource.OffTraffic, why)
	}
	return asked{attempt: k.attempt, text: s.over()}
}

// retract takes back a decision that was not recorded, and keeps the steps that
// were to be recorded with it. Other calls may have been decided since.
func (s *Session) retract(k asked, held []resource.Step, first bool) {
	l := s.l
	l.guard = l.spec.Guard.Undo(l.guard, *k.decision)
	l.progress.Denials = max(l.progress.Denials, k.denials)
	if k.decision.State == resource.DecisionPending && first {
		l.run.Stats.Escalations--
	}
	own := func(st resource.Step) bool { return st.Tool != nil && st.Tool.CallID == k.call.ID }
	s.done = append(slices.DeleteFunc(slices.Clone(held), own), s.done...)
}

// over says why no call is taken any more, "" while calls are.
func (s *Session) over() string {
	l := s.l
	limit := l.bp.Spec.Budgets.Duration.D(0)
	if l.run.Outcome == resource.OutcomeRunning && limit > 0 && time.Duration(l.progress.ActiveMs)*time.Millisecond >= limit {
		l.stint = l.Now()
		l.end(resource.OutcomeError, resource.PolicyViolation, "the calls of the session used up its duration budget of "+limit.String())
	}
	switch {
	case l.run.Outcome != resource.OutcomeRunning:
		return "The call was not made: the session has ended " + string(l.run.Outcome) + " (" + sentence(l.run.Message) + ") Start a new session."
	case s.closing:
		return "The call was not made: the session is being closed."
	}
	return ""
}

// consider takes a call up to the guard's decision.
func (s *Session) consider(c Asked) asked {
	l := s.l
	l.stint = l.Now()
	k := asked{attempt: attempt{ToolCall: ToolCall{Name: c.Name, Args: c.Args}, start: l.stint}}
	k.denials = l.progress.Denials
	k.call = Call{RunID: l.run.ID, ID: c.Attempt, Tool: l.tool(c.Name), Progress: c.Progress, Updated: c.Updated}
	if k.call.ID == "" {
		l.progress.Calls++
		k.call.ID = callID(l.run.ID, l.progress.Calls)
	}
	s.hear(c.User)
	k.call.Said = s.said
	args, problem := l.arguments(k.ToolCall)
	k.call.Args = args
	if problem != "" {
		k.text = l.malformed(k.attempt, problem)
		return k
	}
	l.progress.Malformed = 0
	if c.Grant != nil && c.Grant.Denied {
		s.refuse(&k, l.denial(k.attempt, *c.Grant))
		return k
	}
	if c.Grant == nil && !c.again { // the gates judged a call that waited before it waited
		if b := l.judge("args:"+c.Name, crv.Value{Value: args, Input: l.run.Input, Args: args}); b != nil {
			k.text = s.blocked(*b, "The call was not made.")
			return k
		}
	}
	d := l.weigh(k.attempt, c.Grant, c.noAsk)
	k.decision = &d
	switch d.State {
	case resource.DecisionApproved:
		l.progress.Denials = 0
		l.setToolStep(k.attempt, resource.ToolStep{Args: args, Decision: d})
	case resource.DecisionPending:
		if c.Grant == nil {
			l.run.Stats.Escalations++
		}
		l.setToolStep(k.attempt, resource.ToolStep{Args: args, Decision: d})
		k.text = "The call waits for a human: " + sentence(d.Reason)
	default:
		s.refuse(&k, d)
	}
	return k
}

func (s *Session) refuse(k *asked, d resource.Decision) {
	k.decision = &d
	k.text = s.l.refused(k.attempt, d)
	s.l.endRefused(k.attempt, d)
}

// hear adds what the user said to what was asked for and where values come from.
func (s *Session) hear(text string) {
	if text == "" || text == s.said {
		return
	}
	s.said = text
	s.l.guard = s.l.spec.Guard.Hear(s.l.guard, text)
}

// blocked is what the client is told of a value that a gate blocked.
func (s *Session) blocked(b resource.CRVStep, note string) string {
	if text, again := s.l.recover(b); again {
		return note + " " + text
	}
	return note + " " + s.over()
}

// entry hands on the steps that are not recorded yet, when there is a decision
// to record them with.
func (s *Session) entry(k asked) (e Entry, held []resource.Step) {
	s.done = append(s.done, s.l.run.Steps...)
	s.l.run.Steps = nil
	if k.decision == nil {
		return e, nil
	}
	held, s.done = s.done, nil
	return Entry{Run: s.l.run, Steps: held, Decision: k.decision, Call: &k.call, Weighed: s.l.weighed}, held
}

// putBack keeps steps that could not be recorded for the next entry.
func (s *Session) putBack(steps []resource.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(slices.Clone(steps), s.done...)
}

// perform makes an approved call whose decision is durable, and takes in what
// came back.
func (s *Session) perform(ctx context.Context, a attempt, step resource.Step) (*Result, string) {
	start := s.l.Now()
	res, err := s.l.call(ctx, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.l
	l.stint = l.Now()
	l.progress.ActiveMs += l.stint.Sub(start).Milliseconds()
	t := *step.Tool
	step.Tool = &t
	l.run.Steps = []resource.Step{step}
	defer func() {
		s.done = append(s.done, l.run.Steps...)
		l.run.Steps = nil
	}()
	if err != nil {
		if text := l.failed(ctx, a, res, err); text != "" {
			return nil, text
		}
		if ctx.Err() != nil {
			return nil, "The call was cancelled."
		}
		return nil, s.over()
	}
	if b := l.received(a, &res); b != nil {
		return nil, s.blocked(*b, "The call was made, but its result is withheld.")
	}
	return &res, ""
}

// State is where the session is, for the guard.
func (s *Session) State() guard.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.l.guard
}
