package console

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

func decide(yes bool) control.DecideRequest {
	return control.DecideRequest{Token: "one-use", Approve: yes, Reason: "seen"}
}

// client is a browser without a screen.
type client struct {
	t   *testing.T
	srv *httptest.Server
	f   *fixture
	now time.Time
	// done ends the event streams.
	done chan struct{}
	*http.Client
}

func newClient(t *testing.T, token string) *client {
	t.Helper()
	c := &client{t: t, f: newFixture(), now: fixtureNow, done: make(chan struct{})}
	c.srv = httptest.NewServer(New(Config{Control: c.f, Now: func() time.Time { return c.now }, Done: c.done}))
	t.Cleanup(func() { c.srv.CloseClientConnections(); c.srv.Close() })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if token != "" {
		if status, _, _ := c.post("/login", url.Values{"token": {token}}); status != http.StatusSeeOther {
			t.Fatalf("sign in with %s: status %d", token, status)
		}
	}
	return c
}

func (c *client) send(method, path string, body io.Reader, headers ...string) (int, http.Header, string) {
	c.t.Helper()
	r, err := http.NewRequest(method, c.srv.URL+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func (c *client) get(path string, headers ...string) (int, http.Header, string) {
	return c.send("GET", path, nil, headers...)
}

func (c *client) post(path string, form url.Values, headers ...string) (int, http.Header, string) {
	return c.send("POST", path, strings.NewReader(form.Encode()), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

var formToken = regexp.MustCompile(`name="form" value="([^"]+)"`)

// token is the form token of the session.
func (c *client) token() string {
	c.t.Helper()
	_, _, body := c.get("/")
	m := formToken.FindStringSubmatch(body)
	if m == nil {
		c.t.Fatal("the page has no form token")
	}
	return m[1]
}

func TestFormsAreRefused(t *testing.T) {
	c := newClient(t, "admin-token")
	good := c.token()
	move := func(form string) url.Values {
		return url.Values{"event": {"pause"}, "reason": {"x"}, "form": {form}}
	}
	tests := []struct {
		name    string
		form    url.Values
		headers []string
		want    int
	}{
		{"no form token", move(""), nil, 403},
		{"another session's form token", move("AAAA"), nil, 403},
		{"another site", move(good), []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port of this host", move(good), []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"an old browser on another site", move(good), []string{"Origin", "https://evil.example"}, 403},
		{"no reason", url.Values{"event": {"pause"}, "reason": {"  "}, "form": {good}}, nil, 400},
		{"no such move", url.Values{"event": {"verified"}, "reason": {"x"}, "form": {good}}, nil, 400},
		{"too large", url.Values{"event": {"pause"}, "reason": {strings.Repeat("x", maxForm)}, "form": {good}}, nil, 413},
		{"a move that does not fit", url.Values{"event": {"resume"}, "reason": {"x"}, "form": {good}}, nil, 409},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, _, _ := c.post("/releases/rel-31/move", tt.form, tt.headers...); status != tt.want {
				t.Errorf("move = %d, want %d", status, tt.want)
			}
			if r, _ := c.f.Release(t.Context(), control.Principal{}, "rel-31"); r.State != resource.ReleaseCanary {
				t.Fatalf("state = %s, want it untouched", r.State)
			}
		})
	}
	if status, h, _ := c.post("/releases/rel-31/move", move(good), "Sec-Fetch-Site", "same-origin"); status != 303 || h.Get("Location") != "/releases/rel-31" {
		t.Errorf("move from the console itself = %d to %q, want 303 to the release", status, h.Get("Location"))
	}
	if _, _, body := c.get("/releases/rel-31"); !strings.Contains(body, "The release is paused now.") {
		t.Error("the next page does not say what was done")
	}
	if _, _, body := c.get("/releases/rel-31"); strings.Contains(body, "The release is paused now.") {
		t.Error("what was done is said twice")
	}
}

func TestHeaders(t *testing.T) {
	c := newClient(t, "")
	_, h, body := c.get("/login")
	want := map[string]string{"Content-Security-Policy": policy, "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"}
	for k, v := range want {
		if h.Get(k) != v {
			t.Errorf("%s = %q, want %q", k, h.Get(k), v)
		}
	}
	for _, part := range []string{"'unsafe-inline'", "'unsafe-eval'", "http:", "*"} {
		if strings.Contains(policy, part) {
			t.Errorf("the content security policy has %s", part)
		}
	}
	if m := regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|\sstyle=|\son[a-z]+=|<style|https?://`).FindString(body); m != "" {
		t.Errorf("the page has inline code or reaches out: %q", m)
	}
	_, h, _ = c.post("/login", url.Values{"token": {"admin-token"}})
	cookie := h.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie = %q, want %s", cookie, part)
		}
	}
	if strings.Contains(cookie, "admin-token") {
		t.Error("the cookie holds the token's secret")
	}
}

func TestAssetsAreNamedByContent(t *testing.T) {
	c := newClient(t, "")
	_, _, body := c.get("/login")
	urls := regexp.MustCompile(assetPrefix+`[a-z]+\.[0-9a-f]{12}\.(css|js|svg)`).FindAllString(body, -1)
	if len(urls) != 4 {
		t.Fatalf("assets in the page = %q, want 4", urls)
	}
	for _, u := range urls {
		status, h, data := c.get(u)
		if status != 200 || h.Get("Cache-Control") != "public, max-age=31536000, immutable" || len(data) == 0 {
			t.Errorf("GET %s = %d, %q, %d bytes", u, status, h.Get("Cache-Control"), len(data))
		}
		if strings.Contains(data, "https://") || strings.Contains(data, "@import") {
			t.Errorf("%s reaches out", u)
		}
	}
	if status, _, _ := c.get(assetPrefix + "app.000000000000.css"); status != 404 {
		t.Errorf("an unknown asset = %d, want 404", status)
	}
}

func TestSessionsEnd(t *testing.T) {
	tests := []struct {
		name string
		end  func(c *client)
	}{
		{"token revoked", func(c *client) { c.f.mu.Lock(); c.f.revoked = true; c.f.mu.Unlock() }},
		{"unused for long", func(c *client) { c.now = c.now.Add(sessionIdle + time.Second) }},
		{"signed out", func(c *client) { c.post("/logout", url.Values{"form": {c.token()}}) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, "admin-token")
			if status, _, _ := c.get("/runs"); status != 200 {
				t.Fatalf("signed in: %d", status)
			}
			tt.end(c)
			if status, h, _ := c.get("/runs"); status != 303 || h.Get("Location") != "/login?next=%2Fruns" {
				t.Errorf("page = %d to %q, want the login page", status, h.Get("Location"))
			}
			if status, _, _ := c.get("/runs", "X-Aureus-Live", "1"); status != 401 {
				t.Errorf("live refresh = %d, want 401", status)
			}
			if status, _, _ := c.get("/console/events"); status != 401 {
				t.Errorf("event stream = %d, want 401", status)
			}
		})
	}
	c := newClient(t, "admin-token")
	if status, _, _ := c.post("/logout", url.Values{"form": {"wrong"}}); status != 403 {
		t.Errorf("sign out with a wrong form token = %d, want 403", status)
	}
}

func TestStatuses(t *testing.T) {
	c := newClient(t, "admin-token")
	tests := []struct {
		path string
		want int
	}{
		{"/nowhere", 404}, {"/releases/none", 404}, {"/runs/none", 404}, {"/agents/none", 404}, {"/incidents/none", 404}, {"/approvals/none", 404}, {"/evidence/none@v1", 404},
		{"/audit?index=99999", 200}, {"/audit?index=x", 200}, {"/audit?before=20", 200}, {"/releases?state=nonsense", 200}, {"/?window=nonsense&environment=nonsense", 200},
		{"/audit/export", 200}, {"/evidence/refund-desk@v3/evi-1/bundle", 200}, {"/evidence/refund-desk@v3/none/bundle", 404}, {"/runs/run-full/scenario", 200}, {"/console/key.pem", 200},
	}
	for _, tt := range tests {
		if status, _, _ := c.get(tt.path); status != tt.want {
			t.Errorf("GET %s = %d, want %d", tt.path, status, tt.want)
		}
	}
	_, h, body := c.get("/evidence/refund-desk@v3/evi-1/bundle")
	if h.Get("Content-Disposition") != `attachment; filename="validation-evi-1.sigstore.json"` || !strings.Contains(body, "sigstore.bundle.v0.3") {
		t.Errorf("bundle = %q, %q", h.Get("Content-Disposition"), body)
	}
	status, _, body := c.post("/incidents/inc-07/guardrail", url.Values{"form": {c.token()}, "version": {"refund-desk@v4"}, "kind": {"scenario"}, "name": {"s"}})
	if status != 422 || !strings.Contains(body, "does not prove anything") || !strings.Contains(body, "make the scenario from a run that failed") {
		t.Errorf("a guardrail that proves nothing = %d, want 422 with what to do", status)
	}
	status, _, _ = c.post("/incidents/inc-07/rca", url.Values{"form": {c.token()}, "cause": {"a"}, "detection": {"b"}, "prevention": {"c"}})
	if _, _, body := c.get("/incidents/inc-07"); status != 303 || !strings.Contains(body, "Prove the guardrail") {
		t.Errorf("recording the root cause = %d, want the guardrail to be next", status)
	}
}

func TestEventStream(t *testing.T) {
	c := newClient(t, "viewer-token")
	r, err := http.NewRequestWithContext(t.Context(), "GET", c.srv.URL+"/console/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Scan() // retry: the subscription stands
	c.f.publish(resource.Event{Action: "release.paused", SubjectKind: "release", SubjectID: "rel-31", Reason: "a secret reason\n\ndata: forged"})
	var got []string
	for len(got) < 2 && lines.Scan() {
		if lines.Text() != "" {
			got = append(got, lines.Text())
		}
	}
	want := `event: change|data: {"action":"release.paused","subjectKind":"release","subjectId":"rel-31"}`
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("stream = %s, want %s", s, want)
	}
}

func TestEventStreamEndsWithTheServer(t *testing.T) {
	c := newClient(t, "viewer-token")
	r, err := http.NewRequestWithContext(t.Context(), "GET", c.srv.URL+"/console/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	close(c.done)
	if b, err := io.ReadAll(stream.Body); err != nil || string(b) != "retry: 2000\n\n" {
		t.Errorf("stream = %q, %v; want it to end", b, err)
	}
}

func TestInstructionsAreShownAndNotTheirDigests(t *testing.T) {
	c := newClient(t, "admin-token")
	_, _, body := c.get("/releases/rel-31")
	for _, want := range []string{"These are the instructions of refund-desk@v3.", "These are the instructions of refund-desk@v4."} {
		if !strings.Contains(body, want) {
			t.Errorf("the release does not show %q", want)
		}
	}
	if strings.Contains(body, digestOf("new text")) {
		t.Error("the release shows the digest of the instructions")
	}
}

func TestCannot(t *testing.T) {
	waiting := resource.Approval{Role: resource.RoleApprover, State: resource.ApprovalPending, ExpiresAt: before(-time.Hour), Excluded: []string{"mika"},
		Decisions: []resource.ApprovalDecision{{Actor: resource.Actor{Name: "kim", Kind: "human"}, Approve: true}}}
	approver := []resource.Role{resource.RoleApprover}
	tests := []struct {
		name string
		who  control.Principal
		now  resource.Millis
		want string
	}{
		{"role", control.Principal{Actor: author}, before(0), "needs the role approver"},
		{"author", control.Principal{Actor: author, Roles: approver}, before(0), "somebody else"},
		{"service", control.Principal{Actor: bot, Roles: approver}, before(0), "ci is a token of kind service"},
		{"late", control.Principal{Actor: operator, Roles: approver}, before(-2 * time.Hour), "expired"},
		{"twice", control.Principal{Actor: resource.Actor{Name: "kim", Kind: "human"}, Roles: approver}, before(0), "You have answered"},
	}
	for _, tt := range tests {
		if got := cannot(&request{who: tt.who}, waiting, tt.now); !strings.Contains(got, tt.want) {
			t.Errorf("cannot(%s) = %q, want it to say %q", tt.name, got, tt.want)
		}
	}
}

func TestLocalPath(t *testing.T) {
	tests := map[string]string{
		"/runs?state=failed": "/runs?state=failed", "/": "/", "": "/", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/", "javascript:alert(1)": "/",
		"runs": "/", "/login?next=/x": "/", "/a\nb": "/", "///evil": "/",
	}
	for in, want := range tests {
		if got := localPath(in); got != want {
			t.Errorf("localPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "//x", "/\\x", "/x?y=//z", "http:x", "/%2f/x"} {
		f.Add(s)
	}
	base, _ := url.Parse("http://console.example/login")
	f.Fuzz(func(t *testing.T, in string) {
		u, err := base.Parse(localPath(in))
		if err != nil || u.Host != "console.example" || u.Scheme != "http" {
			t.Errorf("localPath(%q) leads to %v, %v", in, u, err)
		}
	})
}
