package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name, in    string
		want        int
		out, errOut string
	}{
		{"passed", `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`, 0, "ok  \tp\t0.1s\n", ""},
		{"failed", `{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestA\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`, 1, "--- FAIL: TestA\nFAIL\tp\t0.1s\nFAIL\n", ""},
		{"skipped", `{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`, 1, "ok  \tp\t0.1s\n", "--- SKIP: p TestA"},
		{"a package without tests is not a skipped test", `{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}
{"Action":"skip","Package":"q"}
{"Action":"pass","Package":"p"}
`, 0, "?   \tq\t[no test files]\n", ""},
		{"did not build", `{"ImportPath":"p","Action":"build-output","Output":"a.go:1:1: expected package\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}
`, 1, "a.go:1:1: expected package\nFAIL\tp [build failed]\n", ""},
		{"nothing", "", 1, "", "no package was tested"},
		{"not JSON", "go: cannot find main module\n", 1, "go: cannot find main module\n", "no package was tested"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errOut strings.Builder
			got := run(strings.NewReader(tt.in), &out, &errOut)
			if got != tt.want {
				t.Errorf("run = %d, want %d; it said %q", got, tt.want, errOut.String())
			}
			if out.String() != tt.out {
				t.Errorf("run printed %q, want %q", out.String(), tt.out)
			}
			if !strings.Contains(errOut.String(), tt.errOut) {
				t.Errorf("run said %q, want %q in it", errOut.String(), tt.errOut)
			}
		})
	}
}
