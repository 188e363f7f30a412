package weburl

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAbsolute(t *testing.T) {
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
		if got := Absolute(address); (got != "") != web || web && got != address {
			t.Errorf("Absolute(%q) = %q, want it to be kept: %v", address, got, web)
		}
	}
}

func TestPlainURL(t *testing.T) {
	piece := rapid.SampledFrom([]string{"https://", "http://", "a", "B.org", "-", ".", "/", "?", "#", ":", "8", "@", "%41", "%", "(", ")", "[", "&", "=", ";", "!", "'", " ", "科", "~", "_"})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]string{"", "https://", "http://x.org"}).Draw(t, "scheme") + strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
		host, path, ok := plainURL(s)
		if !ok {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.Host != host || u.Path != path || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q: got host %q and path %q, want %v, %v", s, host, path, u, err)
		}
	})
}
