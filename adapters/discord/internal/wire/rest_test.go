package wire

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// TestRefusals parses refusals that are not Discord's JSON.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name, header, body string
		status             int
		want               APIError
	}{
		{"body longer than header", "1", `{"retry_after":1163,"message":"slow"}`, 429, APIError{Status: 429, Message: "slow", RetryAfter: 1163 * time.Second}},
		{"header longer than body", "5", `{"retry_after":0.25}`, 429, APIError{Status: 429, RetryAfter: 5 * time.Second}},
		{"neither", "", ``, 429, APIError{Status: 429}},
		{"a date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat), `{"retry_after":2}`, 429, APIError{Status: 429, RetryAfter: 2 * time.Second}},
		{"a date beyond all measure", "Fri, 31 Dec 9999 23:59:59 GMT", ``, 429, APIError{Status: 429, RetryAfter: 24 * time.Hour}},
		{"zero", "0", `{"retry_after":0}`, 429, APIError{Status: 429}},
		{"Cloudflare", "7", `<html>error code: 1015`, 429, APIError{Status: 429, Message: "a web page instead of an answer", RetryAfter: 7 * time.Second, Global: true}},
		{"negative", "-3", `{"retry_after":-1}`, 429, APIError{Status: 429}},
		{"huge", "1e300", ``, 429, APIError{Status: 429, RetryAfter: 24 * time.Hour}},
		{"a web page", "", `<!DOCTYPE html><title>x</title>`, 502, APIError{Status: 502, Message: "a web page instead of an answer"}},
		{"a tree of errors", "", `{"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"description":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 4096 or fewer in length."}]}}}}}`, 400,
			APIError{Status: 400, Code: 50035, Message: "Invalid Form Body", Detail: "embeds 0 description BASE_TYPE_MAX_LENGTH Must be 4096 or fewer in length."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := &http.Response{StatusCode: test.status, Header: http.Header{"Retry-After": {test.header}}, Body: io.NopCloser(nil)}
			if got := readRefusal(resp, []byte(test.body)); *got != test.want {
				t.Errorf("got %+v, want %+v", *got, test.want)
			}
		})
	}
}
