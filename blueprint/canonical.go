package blueprint

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/aureus-agents/aureus/internal/fault"
)

// maxExact is the largest integer below which every integer is one float64.
const maxExact = 1 << 53

// Canonical returns the canonical form of v: the bytes of RFC 8785 over the JSON
// that encoding/json makes of v. What has no exact canonical form is refused
// with fault.Invalid rather than changed: integers over 2^53, numbers beyond
// float64, text that is not UTF-8, duplicate names.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v, jsonv1.DefaultOptionsV1(),
		jsontext.AllowInvalidUTF8(false), jsontext.AllowDuplicateNames(false))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the value has no canonical JSON form")
	}
	if err := checkNumbers(raw); err != nil {
		return nil, err
	}
	val := jsontext.Value(raw)
	if err := val.Canonicalize(); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the value has no canonical JSON form")
	}
	return val, nil
}

// Digest names v by its canonical form: "sha256:" and 64 hex digits.
func Digest(v any) (string, error) {
	b, err := Canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// checkNumbers refuses the numbers that canonicalisation would change without a
// word.
func checkNumbers(raw []byte) error {
	dec := jsontext.NewDecoder(strings.NewReader(string(raw)))
	for {
		kind := dec.PeekKind()
		if kind == 0 {
			// The end, or broken JSON, which Canonicalize reports.
			return nil
		}
		tok, err := dec.ReadToken()
		if err != nil {
			return nil
		}
		if kind == '0' {
			if why := inexact(tok.String()); why != "" {
				return fault.New(fault.Invalid, "%s at %s: %s", tok.String(), pointerName(dec.StackPointer()), why)
			}
		}
	}
}

func pointerName(p jsontext.Pointer) string {
	if p == "" {
		return "the top"
	}
	return string(p)
}

// inexact says why the JSON number text cannot be kept exactly, "" when it can.
// Magnitudes from 2^53 up to 1e21 are refused in any spelling, because their
// canonical spelling is a plain integer that other readers change.
func inexact(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return "the number is beyond what JSON readers can hold"
	}
	abs := math.Abs(f)
	if abs > maxExact && (abs < 1e21 || !strings.ContainsAny(text, ".eE")) {
		return "integers over 2^53 (9007199254740992) are not exact in JSON; write it as text in quotes"
	}
	if abs == maxExact && strings.TrimLeft(text, "-+0") == "9007199254740993" {
		return "integers over 2^53 (9007199254740992) are not exact in JSON; write it as text in quotes"
	}
	return ""
}

// numberText is the one spelling of a number that [inexact] accepts: integers
// without a fraction or exponent, so that 1e3 and 1000.0 decode into an int.
func numberText(f float64) string {
	if f == 0 {
		return "0"
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
