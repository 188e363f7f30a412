package config

import (
	"net/url"
	"testing"
)

func TestHome(t *testing.T) {
	site, err := url.Parse("https://digest.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		http HTTP
		want string
	}{
		{HTTP{Listen: "127.0.0.1:8080"}, "http://127.0.0.1:8080"},
		{HTTP{Listen: "localhost:80"}, "http://localhost"},
		{HTTP{Listen: "[::1]:8080"}, "http://[::1]:8080"},
		{HTTP{Listen: "0.0.0.0:8080"}, "http://localhost:8080"},
		{HTTP{Listen: ":8080"}, "http://localhost:8080"},
		{HTTP{Listen: "127.0.0.1:0", URL: site}, "https://digest.example.org"},
		{HTTP{Listen: "127.0.0.1:0", URL: origin("https", "Digest.Example.ORG:443")}, "https://digest.example.org"},
	} {
		if got := c.http.Home(); got == nil || got.String() != c.want {
			t.Errorf("%+v: %v, want %s", c.http, got, c.want)
		}
	}
	if got := (HTTP{Listen: "127.0.0.1:0"}).Home(); got != nil {
		t.Errorf("an unknown port has the home %v", got)
	}
}
