package console

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser is one Chromium for all tests; each test gets a tab of its own.
type browser struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

var chromium browser

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.end != nil {
		chromium.end()
	}
	os.Exit(code)
}

func (b *browser) start() {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, b.err = exec.LookPath(name); b.err == nil {
			break
		}
	}
	if b.err != nil {
		return
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, endTab := chromedp.NewContext(alloc)
	b.ctx, b.end = ctx, func() { endTab(); endAlloc() }
	b.err = chromedp.Do(ctx)
}

// tab is a browser tab on a console with the fixture's story.
type tab struct {
	t      *testing.T
	ctx    context.Context
	url    string
	f      *fixture
	mu     sync.Mutex
	errors []string
	marks  chan string
}

// open starts a console and a tab of a fresh browser profile that is signed in
// with the token; "" leaves it signed out.
func open(t *testing.T, token string) *tab {
	t.Helper()
	chromium.once.Do(chromium.start)
	if chromium.err != nil {
		t.Fatalf("no browser: %v; install Debian's package chromium (apt-get install chromium)", chromium.err)
	}
	f := newFixture()
	srv := httptest.NewServer(New(Config{Control: f, Now: func() time.Time { return fixtureNow }, Version: "0.1.0"}))
	ctx, end := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	ctx, endTime := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(func() { endTime(); end(); srv.CloseClientConnections(); srv.Close() })
	x := &tab{t: t, ctx: ctx, url: srv.URL, f: f, marks: make(chan string, 1)}
	messages := chromedp.Console(ctx)
	go x.listen(messages)
	if token != "" {
		x.do(chromedp.Navigate(x.url+"/login"), chromedp.SendKeys(chromedp.ID("token"), token), chromedp.Submit(chromedp.ID("token")), chromedp.WaitVisible(chromedp.CSS("nav.nav")))
	}
	return x
}

// listen keeps the errors and warnings that pages write to the console.
func (x *tab) listen(messages func(yield func(chromedp.ConsoleMessage, error) bool)) {
	for m, err := range messages {
		if err != nil {
			return
		}
		switch {
		case m.Type == chromedp.ConsoleDebug:
			x.marks <- m.Text
		case m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleWarning:
			x.mu.Lock()
			x.errors = append(x.errors, m.String()+" "+m.URL)
			x.mu.Unlock()
		}
	}
}

// complaints are the errors and warnings of the console until now.
func (x *tab) complaints() []string {
	x.t.Helper()
	x.do(eval[chromedp.Void](`console.debug("mark")`))
	select {
	case <-x.marks:
	case <-x.ctx.Done():
		x.t.Fatalf("the console's messages did not arrive: %v", x.ctx.Err())
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	got := x.errors
	x.errors = nil
	return got
}

func (x *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	if err := chromedp.Do(x.ctx, steps...); err != nil {
		x.t.Fatalf("browser: %v", err)
	}
}

func run[T any](x *tab, a chromedp.Action[T]) T {
	x.t.Helper()
	v, err := chromedp.Run(x.ctx, a)
	if err != nil {
		x.t.Fatalf("browser: %v", err)
	}
	return v
}

func eval[T any](js string) chromedp.Action[T] { return chromedp.Evaluate[T](js) }

// look sets the colour scheme and the size of the window.
func (x *tab) look(scheme string, width, height int64) {
	x.t.Helper()
	x.do(chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(x.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err != nil {
		x.t.Fatalf("emulate %s: %v", scheme, err)
	}
}

// shoot writes a picture of the whole page to a folder; "" takes none.
func (x *tab) shoot(dir, name string) {
	x.t.Helper()
	if dir == "" {
		return
	}
	png := run(x, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		x.t.Fatal(err)
	}
}

// pictures is where pictures go: AUREUS_SCREENSHOTS, for people who look at them.
func pictures(t *testing.T) string {
	dir := os.Getenv("AUREUS_SCREENSHOTS")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
