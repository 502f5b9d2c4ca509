package audit

import (
	"bytes"
	"testing"
)

func BenchmarkVerify(b *testing.B) {
	const entries = 5000
	l := newLog(b, entries, 100)
	export := l.export()
	b.SetBytes(int64(len(export)))
	for b.Loop() {
		if r, err := Verify(bytes.NewReader(export), l.signer.vkey); err != nil || !r.Verified {
			b.Fatalf("Verify = %+v, %v", r, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
}
