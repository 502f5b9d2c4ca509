package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

var idSequence atomic.Uint32

// newID makes a unique id that sorts by time: prefix, 48 bits of milliseconds,
// 16 bits of sequence, 32 bits of randomness.
func newID(prefix string) string {
	var r [4]byte
	_, _ = rand.Read(r[:]) // never fails: crypto/rand
	return fmt.Sprintf("%s_%012x%04x%s", prefix, time.Now().UnixMilli(), idSequence.Add(1)&0xffff, hex.EncodeToString(r[:]))
}
