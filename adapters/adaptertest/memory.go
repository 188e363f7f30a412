package adaptertest

import (
	"reflect"
	"strings"
)

// Held counts the entries of all maps reachable from v, including those of the SDK. If
// a map grows with every request that is answered, memory eventually runs out. Maps of
// the standard library are not counted: it may change them at any time.
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

// standard reports whether a type is from the standard library. This includes
// generic types such as an atomic pointer.
func standard(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	first, _, _ := strings.Cut(t.PkgPath(), "/")
	return first != "" && !strings.Contains(first, ".")
}
