package console

import "reflect"

// text is the string of any of the product's string types.
func text(v any) string {
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return r.String()
	}
	return ""
}
