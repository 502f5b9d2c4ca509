package control

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// sessionMillis is how long a session keeps its version without being used.
const sessionMillis = 24 * 60 * 60 * 1000

// unnumbered is the place of a draw that was just made, until it is stored.
const unnumbered = -1

// route picks the version of a session: the one that it was given before, or, for
// a new session, the candidate or the stable version by a hash of the session.
// mayStay says whether a pinned version that is neither may still serve. Pure.
func route(d resource.Deployment, session string, pin *SessionPin, mayStay bool, now resource.Millis) (SessionPin, error) {
	if d.Stopped {
		return SessionPin{}, fault.New(fault.Unavailable, "%s is stopped in %s: %s", d.Agent, d.Environment, d.Reason)
	}
	if d.Stable == "" && (d.Candidate == "" || d.Weight == 0) {
		return SessionPin{}, fault.New(fault.NotFound, "nothing of %s serves in %s; release a version there first", d.Agent, d.Environment)
	}
	if pin != nil && now-pin.At < sessionMillis && keeps(d, *pin, mayStay) {
		p := *pin
		p.At = now
		return p, nil
	}
	p := SessionPin{Digest: d.Stable, At: now}
	if d.Candidate != "" && d.Weight > 0 {
		p.Release, p.Weight, p.Draw = d.Release, d.Weight, unnumbered
		if p.Canary = bucket(d.Release, session) < d.Weight; p.Canary {
			p.Digest = d.Candidate
		}
	}
	return p, nil
}

// keeps reports whether a pinned version may still serve: a candidate only in the
// canary that the session was drawn for.
func keeps(d resource.Deployment, p SessionPin, mayStay bool) bool {
	switch p.Digest {
	case d.Stable:
		return true
	case d.Candidate:
		return !p.Canary || p.Release == d.Release
	}
	return mayStay
}

// bucket is the session's place in 0..99 for a release: each release draws anew,
// so that the same sessions are not always the first to get a new version.
func bucket(release, session string) int {
	h := sha256.Sum256([]byte(release + "\x00" + session))
	return int(binary.BigEndian.Uint64(h[:8]) % 100)
}
