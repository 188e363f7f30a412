package adaptertest

import (
	"reflect"
	"strings"
)

// Held counts what is kept in the maps that v leads to, those of the SDK among
// them. Anything that grows with every request that is answered takes all memory in the
// end. Maps of the standard library are left out: it changes them when it likes.
func Held(v any) int {
	seen := map[uintptr]bool{}
	return held(reflect.ValueOf(v), seen)
}

func held(v reflect.Value, seen map[uintptr]bool) (entries int) {
	if !v.IsValid() || standard(v.Type()) {
		return 0
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		if v.IsNil() || seen[v.Pointer()] {
			return 0
		}
		seen[v.Pointer()] = true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return held(v.Elem(), seen)
	case reflect.Struct:
		for _, field := range v.Fields() {
			entries += held(field, seen)
		}
	case reflect.Map:
		for _, value := range v.Seq2() {
			entries += 1 + held(value, seen)
		}
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k != reflect.Uint8 {
			for i := range v.Len() {
				entries += held(v.Index(i), seen)
			}
		}
	}
	return entries
}

// standard reports whether a type is of the standard library. A generic type of
// it, such as an atomic pointer, is too.
func standard(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	first, _, _ := strings.Cut(t.PkgPath(), "/")
	return first != "" && !strings.Contains(first, ".")
}
