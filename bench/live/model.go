package live

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
)

// said is what the model server always ends with.
const said = "The order is on its way."

// A version with failsLive in its instructions gets no answer to liveQuestion,
// which no scenario asks.
const (
	failsLive    = "Version of a bad idea"
	liveQuestion = "Where is my parcel?"
)

// model is a model server that answers at once: with one tool call when it is
// offered tools and has seen no result yet, otherwise with a sentence.
type model struct {
	url   string
	close func()
}

func startModel() (*model, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	args := fmt.Sprintf(`{"order_id":%q}`, refunddesk.OrderID(0))
	call := fmt.Sprintf(`{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"lookup_order","arguments":%q}}]}`, args)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if bytes.Contains(body, []byte(failsLive)) && bytes.Contains(body, []byte(liveQuestion)) {
			http.Error(w, `{"error":{"message":"no answer","type":"invalid_request_error"}}`, http.StatusBadRequest)
			return
		}
		message, finish := fmt.Sprintf(`{"role":"assistant","content":%q}`, said), "stop"
		if bytes.Contains(body, []byte(`"lookup_order"`)) && !bytes.Contains(body, []byte(`"role":"tool"`)) {
			message, finish = call, "tool_calls"
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id":"1","object":"chat.completion","model":"instant-1","choices":[{"index":0,"message":%s,"finish_reason":%q}],`+
			`"usage":{"prompt_tokens":20,"completion_tokens":6,"total_tokens":26}}`, message, finish)
	})
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"object":"list","data":[{"id":"instant-1","object":"model","owned_by":"bench"}]}`)
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	return &model{url: "http://" + l.Addr().String() + "/v1", close: func() { _ = srv.Close() }}, nil
}

// direct asks the model server without Aureus between.
func (m *model) direct(c *http.Client) error {
	body := `{"model":"instant-1","messages":[{"role":"system","content":"Answer customers."},{"role":"user","content":"Where is my order?"}]}`
	res, err := c.Post(m.url+"/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err = io.Copy(io.Discard, res.Body); err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("the model server answered %s", res.Status)
	}
	return err
}
