package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// How long a program can be over its limit of memory or processes before it is
// ended: the first while what it uses changes, up to the second while it idles.
const (
	watchBusy = 25 * time.Millisecond
	watchIdle = 200 * time.Millisecond
)

// overLimit is the exit status of a program that was ended for its memory or
// processes: that of SIGKILL.
const overLimit = 128 + 9

// watch ends the sandbox when its processes are over the limits together. It
// sees all of them, because nothing inside can hide from /proc.
func watch(l Limits, stderr int) {
	end := func(format string, args ...any) {
		_, _ = unix.Write(stderr, fmt.Appendf(nil, "\naureus: "+format+"\n", args...)) // what can be said before the end
		os.Exit(overLimit)
	}
	var last usage
	for every := watchBusy; ; {
		time.Sleep(every)
		u, err := measure(l.Processes)
		switch {
		case err != nil:
			end("the server was ended: its memory cannot be measured: %v", err)
		case u.memory > int64(l.MemoryMiB)<<20:
			end("the server was ended: it used more than %d MiB (sandbox.memoryMiB)", l.MemoryMiB)
		case u.threads > l.Processes:
			end("the server was ended: it had more than %d processes and threads (sandbox.processes)", l.Processes)
		case u.near(last, l):
			every = min(2*every, watchIdle)
		default:
			every = watchBusy
		}
		last = u
	}
}

type usage struct {
	memory  int64
	threads int
}

// near reports whether two measures differ by little of the limit.
func (u usage) near(v usage, l Limits) bool {
	return u.threads == v.threads && max(u.memory-v.memory, v.memory-u.memory) < int64(l.MemoryMiB)<<20/64
}

// measure adds up all processes but this one. When there are more than enough it
// only counts them: they are told apart from a fork bomb by nothing, and beside one
// this process gets too little time to look at each.
func measure(enough int) (usage, error) {
	var sum usage
	dir, err := os.Open("/proc")
	if err != nil {
		return sum, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return sum, err
	}
	numbers := slices.DeleteFunc(names, func(name string) bool { return name[0] < '1' || name[0] > '9' })
	if n := len(numbers) - 1; n > enough {
		return usage{threads: n}, nil
	}
	for _, name := range numbers {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == os.Getpid() {
			continue
		}
		text, err := os.ReadFile("/proc/" + name + "/status")
		if err != nil {
			continue // it ended meanwhile
		}
		sum.add(text)
	}
	return sum, nil
}

// add adds a process's private memory, the memory it shares and did not read
// from a file, and what of both is swapped out.
func (u *usage) add(status []byte) {
	for line := range bytes.Lines(status) {
		name, rest, _ := bytes.Cut(line, []byte(":"))
		switch string(name) {
		case "RssAnon", "RssShmem", "VmSwap":
			u.memory += number(rest) << 10
		case "Threads":
			u.threads += int(number(rest))
		}
	}
}

func number(field []byte) int64 {
	n, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(field), []byte(" kB"))), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
