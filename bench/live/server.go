package live

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/client"
)

// server is a running "aureus serve" with a data folder of its own.
type server struct {
	cmd   *exec.Cmd
	url   string
	out   *output
	ready time.Duration // from starting the process to a ready answer
}

// output collects what the server prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// serve starts the binary in the folder dir and waits until it is ready.
func serve(ctx context.Context, bin, dir, modelURL string) (*server, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + addr, out: &output{}}
	s.cmd = exec.CommandContext(ctx, bin, "serve", "--data", filepath.Join(dir, "data"), "--listen", addr, "--log-format", "json")
	s.cmd.Dir, s.cmd.Stdout = dir, s.out
	s.cmd.Env = append(os.Environ(), "AUREUS_MODEL_URL="+modelURL, "PATH="+filepath.Dir(bin)+string(os.PathListSeparator)+os.Getenv("PATH"))
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for {
		if res, err := http.Get(s.url + "/readyz"); err == nil {
			_ = res.Body.Close() // only the status counts
			if res.StatusCode == http.StatusOK {
				s.ready = time.Since(start)
				return s, nil
			}
		}
		if time.Since(start) > 30*time.Second {
			_ = s.stop()
			return nil, fmt.Errorf("the server was not ready within 30s; it said %s", s.out)
		}
		time.Sleep(time.Millisecond)
	}
}

// stop ends the server as an operator would.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return s.cmd.Wait()
}

var adminToken = regexp.MustCompile(`admin token \(shown once\): (\S+)`)

// admin is a client with the first token.
func (s *server) admin() (*client.Client, error) {
	m := adminToken.FindStringSubmatch(s.out.String())
	for n := 0; m == nil && n < 500; n++ { // the server can be ready before it has printed
		time.Sleep(10 * time.Millisecond)
		m = adminToken.FindStringSubmatch(s.out.String())
	}
	if m == nil {
		return nil, fmt.Errorf("the server printed no admin token: %s", s.out)
	}
	return client.New(s.url, m[1], nil)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
