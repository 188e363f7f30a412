package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, written := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, "127.0.0.1:0", "", strings.NewReader(""), written) }()
	read := bufio.NewScanner(out)
	next := func() string {
		if !read.Scan() {
			t.Fatal(read.Err())
		}
		return read.Text()
	}
	api := strings.Trim(strings.TrimPrefix(next(), "api_url = "), `"`)
	for range 5 {
		next() // channel, tokens, secret and user group
	}
	body := url.Values{
		"token": {slackfake.BotToken}, "channel": {slackfake.General}, "text": {"one\ntwo"},
		"blocks": {`[{"type":"actions","elements":[{"type":"button","action_id":"a","value":"/digest tags","text":{"type":"plain_text","text":"Tags"}}]}]`},
	}
	posted := make(chan error, 1)
	go func() {
		resp, err := http.PostForm(api+"chat.postMessage", body)
		if err == nil {
			_ = resp.Body.Close()
		}
		posted <- err
	}()
	if got := next(); !strings.HasSuffix(got, " in C0GENERAL1:") {
		t.Errorf("got %q", got)
	}
	for _, want := range []string{"    one", "    two", "    [Tags]"} {
		if got := next(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := <-posted; err != nil {
		t.Error(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
