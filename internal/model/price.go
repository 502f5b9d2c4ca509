package model

import (
	"bytes"
	_ "embed" // for the price table
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

//go:embed prices.json
var builtInPrices []byte

// maxPriceFile bounds a price file in bytes.
const maxPriceFile = 1 << 20

// Price is what a model's tokens cost, in US dollars per million.
type Price struct {
	// Model is a name as endpoints report it. It also stands for names that add a
	// date or a tag to it: gpt-4o for gpt-4o-2024-08-06, llama3 for llama3:8b.
	Model  string  `json:"model"`
	Input  float64 `json:"input"`
	Output float64 `json:"output"`
}

type priceFile struct {
	Comment string  `json:"comment"`
	Source  string  `json:"source"`
	AsOf    string  `json:"asOf"`
	Prices  []Price `json:"prices"`
}

// ReadPrices reads a price file: {"prices":[{"model":...,"input":...,"output":...}]},
// in the form of the built-in one.
func ReadPrices(r io.Reader) ([]Price, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxPriceFile+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the price file cannot be read")
	}
	if len(b) > maxPriceFile {
		return nil, fault.New(fault.TooLarge, "the price file is over %d bytes; keep only the models you use", maxPriceFile)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var f priceFile
	if err := d.Decode(&f); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, `the price file is not as it should be; write it like {"prices":[{"model":"my-model","input":0.5,"output":1.5}]}, in US dollars per million tokens`)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "there is text after the price file's object; remove it")
	}
	return f.Prices, checkPrices(f.Prices)
}

func checkPrices(ps []Price) error {
	bad := func(x float64) bool { return x < 0 || math.IsNaN(x) || x > 1e6 }
	for i, p := range ps {
		switch {
		case p.Model == "":
			return fault.New(fault.Invalid, "price %d names no model; set its model", i+1)
		case bad(p.Input), bad(p.Output):
			return fault.New(fault.Invalid, "the price of %q is out of range; write US dollars per million tokens, 0 to 1000000", p.Model)
		}
	}
	return nil
}

// priceTable is the prices in the order in which they are looked up.
type priceTable [][]Price

func newPriceTable(own []Price) (priceTable, error) {
	if err := checkPrices(own); err != nil {
		return nil, err
	}
	builtIn, err := ReadPrices(bytes.NewReader(builtInPrices))
	if err != nil {
		return nil, err
	}
	return priceTable{own, builtIn}, nil
}

// find looks a name up: the user's prices first, and in each set the longest
// name that fits.
func (t priceTable) find(name string) (Price, bool) {
	for _, set := range t {
		best, ok := Price{}, false
		for _, p := range set {
			if fits(p.Model, name) && (!ok || len(p.Model) > len(best.Model)) {
				best, ok = p, true
			}
		}
		if ok {
			return best, true
		}
	}
	return Price{}, false
}

// fits reports whether name is the priced model or a dated or tagged form of it.
// Words do not count: gpt-4o is no price for gpt-4o-mini.
func fits(priced, name string) bool {
	name = name[strings.LastIndexByte(name, '/')+1:] // vendor/model, as routers write it
	rest, ok := strings.CutPrefix(name, priced[strings.LastIndexByte(priced, '/')+1:])
	switch {
	case !ok:
		return false
	case rest == "", rest[0] == ':', rest[0] == '@', rest == "-latest":
		return true
	}
	return rest[0] == '-' && len(rest) >= 5 && strings.Trim(rest[1:], "0123456789-") == "" && digits(rest[1:]) >= 4
}

// digits counts the digits that s begins with: four or more are a date.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// cost prices a completion by the name that the endpoint reported, else by the
// one asked for. A model without a price costs 0: the token budgets still bound it.
func (t priceTable) cost(reported, asked string, prompt, completion int64) resource.MicroUSD {
	p, ok := t.find(reported)
	if !ok {
		p, ok = t.find(asked)
	}
	if !ok {
		return 0
	}
	// Dollars per million tokens are millionths of a dollar per token.
	return resource.MicroUSD(math.Ceil(float64(prompt)*p.Input + float64(completion)*p.Output))
}
