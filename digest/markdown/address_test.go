package markdown

import "testing"

func TestWebURL(t *testing.T) {
	for address, web := range map[string]bool{
		"https://example.org/a":             true,
		"HTTP://Example.org":                true,
		"https://例え.jp/中文":                  true,
		"https://[2001:db8::1]:8080/":       true,
		"https://exa<dl>mple.org/a":         false,
		"https://example.org>/a":            false,
		`https://"example.org"/a`:           false,
		"https://example.org/<dl>":          true,
		"https://example.org/a b":           false,
		"https:///a":                        false,
		"//example.org/a":                   false,
		"javascript:alert(1)":               false,
		"https://example.org/\u202Ea":       true,
		"https://example.org/@everyone?a=b": true,
	} {
		if got := webURL(address); (got != "") != web || web && got != address {
			t.Errorf("webURL(%q) = %q, want it to be kept: %v", address, got, web)
		}
	}
}
