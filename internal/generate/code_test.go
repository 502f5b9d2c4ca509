package generate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/fault"
)

const goodCode = `
TOOLS = ["read_" + n for n in ["orders", "tickets"]]

def tool(name):
    return {"name": name, "server": "desk", "riskTier": "low", "intent": "read", "zone": "internal"}

def blueprint(ctx):
    return {
        "apiVersion": "aureus/v1",
        "kind": "Agent",
        "metadata": {"name": ctx.params["name"], "owner": "support"},
        "spec": {
            "goal": "Answer." * 2,
            "instructions": "Read, then answer.",
            "riskTier": "low",
            "zone": "internal",
            "model": {"name": "m", "temperature": 0.5},
            "servers": [{"name": "desk", "stdio": {"command": ["desk"]}}],
            "tools": [tool(n) for n in TOOLS],
            "permissions": [{"tools": TOOLS, "intents": ["read"], "zone": "internal"}],
        },
    }
`

func TestFromCode(t *testing.T) {
	params := map[string]any{"name": "desk", "z": []any{1.0, true}, "a": nil}
	a, rec, err := FromCode("desk.star", []byte(goodCode), params, fixedNow)
	if err != nil {
		t.Fatal(err)
	}
	if a.Metadata.Name != "desk" || len(a.Spec.Tools) != 2 || a.Spec.Tools[1].Name != "read_tickets" || a.Spec.Goal != "Answer.Answer." {
		t.Errorf("FromCode = %+v, want what the file says", a)
	}
	if rec.Method != MethodCode || rec.InputsDigest == "" || rec.OutputDigest == "" || rec.EndedAt == 0 {
		t.Errorf("FromCode record = %+v, want it complete", rec)
	}
	for range 20 {
		b, again, err := FromCode("desk.star", []byte(goodCode), params, fixedNow)
		if err != nil || cmp.Diff(a, b) != "" || again.OutputDigest != rec.OutputDigest {
			t.Fatalf("FromCode again = %v, %s, %v; want the same blueprint", b, again.OutputDigest, err)
		}
	}
	if _, _, err := FromCode("g.star", []byte(goodCode+"\nblueprint = blueprint(struct_ctx)"), params, fixedNow); err == nil {
		t.Error("FromCode with a global defined twice = nil error, want one")
	}
}

func TestFromCodeGlobal(t *testing.T) {
	src := strings.Replace(goodCode, "def blueprint(ctx):", "def make():", 1)
	src = strings.ReplaceAll(src, "ctx.params", "params") + "\nblueprint = make()\n"
	a, _, err := FromCode("g.star", []byte(src), map[string]any{"name": "desk"}, fixedNow)
	if err != nil || a.Metadata.Name != "desk" {
		t.Errorf("FromCode of a global = %v, %v; want the blueprint", a, err)
	}
}

func TestFromCodeRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, src string
		code      fault.Code
		text      string
	}{
		{"syntax", "def blueprint(ctx)\n  return {}", fault.Invalid, "x.star:2:1: got newline"},
		{"undefined name", "\nblueprint = nothing", fault.Invalid, "x.star:2:13: undefined: nothing"},
		{"run time", "def blueprint(ctx):\n  return {}['a']", fault.Invalid, "x.star:2:"},
		{"no blueprint", "a = 1", fault.Invalid, "defines no blueprint"},
		{"not a dict", "blueprint = 3", fault.Invalid, "x.star"},
		{"a function in it", "blueprint = {'spec': len}", fault.Invalid, "blueprint.spec: a builtin_function_or_method is no JSON value"},
		{"key that is no string", "blueprint = {1: 2}", fault.Invalid, "keys are strings"},
		{"not a number", "blueprint = {'a': float('nan')}", fault.Invalid, "is not a number"},
		{"invalid blueprint", "blueprint = {'apiVersion': 'aureus/v1', 'kind': 'Agent'}", fault.Invalid, "x.star makes a blueprint that is not valid"},
		{"load", "load('other.star', 'x')\nblueprint = {}", fault.Invalid, "load"},
		{"no clock", "blueprint = {'a': time.now()}", fault.Invalid, "undefined: time"},
		{"no randomness", "blueprint = {'a': random()}", fault.Invalid, "undefined: random"},
		{"no files", "blueprint = {'a': open('/etc/passwd')}", fault.Invalid, "undefined: open"},
		{"while", "def blueprint(ctx):\n  while True:\n    pass", fault.Invalid, "while"},
		{"endless loop", "def blueprint(ctx):\n  for i in range(1000000):\n    for j in range(1000000):\n      pass", fault.TooLarge, "endless loop"},
		{"huge range", "blueprint = list(range(1 << 40))", fault.TooLarge, "a range of"},
		{"huge text", "blueprint = 'a' * (1 << 29)", fault.TooLarge, "a product of"},
		{"huge list from the right", "blueprint = (1 << 29) * [0]", fault.TooLarge, "a product of"},
		{"huge product in place", "def blueprint(ctx):\n  x = 'ab'\n  x *= 1 << 29\n  return x", fault.TooLarge, "a product of"},
		{"huge integer", "def blueprint(ctx):\n  x = 3\n  for i in range(100):\n    x = x * x\n  return x", fault.TooLarge, "more than 4096 bits"},
		{"doubling", "def blueprint(ctx):\n  x = 'ab'\n  for i in range(60):\n    x = x + x\n  return x", fault.TooLarge, "a sum of"},
		{"doubling a list", "def blueprint(ctx):\n  x = [1]\n  for i in range(60):\n    x = x + x\n  return x", fault.TooLarge, "a sum of"},
		{"doubling in place", "def blueprint(ctx):\n  x = 'ab'\n  for i in range(60):\n    x += x\n  return x", fault.TooLarge, "memory"},
		{"wrong types in a sum", "def blueprint(ctx):\n  return 1 + 'a'", fault.Invalid, "x.star:2:12: unknown binary op: int + string"},
		{"recursion", "def blueprint(ctx):\n  return blueprint(ctx)", fault.Invalid, "recursively"},
		{"holds itself", "blueprint = {}\nblueprint['a'] = blueprint", fault.Invalid, "nested deeper"},
		{"many times itself", "def blueprint(ctx):\n  x = ['a']\n  for i in range(50):\n    x = [x, x]\n  return {'a': x}", fault.Invalid, "more than 200000 values"},
		{"huge output", "blueprint = {'a': ['x' * 100000 for i in range(60)]}", fault.Invalid, "bytes of text"},
		{"file reference", "blueprint = {'apiVersion': 'aureus/v1', 'kind': 'Agent', 'metadata': {'name': 'a', 'owner': 'b'}, 'spec': " +
			"{'goal': 'g', 'instructions': 'i', 'riskTier': 'low', 'zone': 'public', 'model': {'name': 'm'}, 'policies': [{'id': 'p', 'file': '/etc/passwd'}]}}",
			fault.Invalid, "files cannot be named here"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := FromCode("x.star", []byte(tc.src), nil, fixedNow)
			if fault.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("FromCode(%q) = %v (%s), want %s with %q", tc.src, err, fault.CodeOf(err), tc.code, tc.text)
			}
		})
	}
	if _, _, err := FromCode("x.star", make([]byte, MaxSource+1), nil, fixedNow); fault.CodeOf(err) != fault.TooLarge {
		t.Errorf("FromCode of a file over the limit = %v, want %s", err, fault.TooLarge)
	}
}

func FuzzFromCode(f *testing.F) {
	f.Add(goodCode)
	f.Add("blueprint = {'a': [1, 2.5, None, True]}")
	f.Fuzz(func(t *testing.T, src string) {
		a, _, err := FromCode("x.star", []byte(src), map[string]any{"name": "desk"}, fixedNow)
		if (a == nil) == (err == nil) {
			t.Errorf("FromCode(%q) = %v, %v; want exactly one of them", src, a, err)
		}
	})
}
