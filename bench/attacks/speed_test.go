package attacks

import "testing"

// TestSpeedText: a machine without the recorded runs measures the example's.
func TestSpeedText(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	suite, text, err := speedText(root)
	if err != nil || len(text) == 0 || suite == "" {
		t.Errorf("speedText = %q, %d bytes, %v; want runs", suite, len(text), err)
	}
}
