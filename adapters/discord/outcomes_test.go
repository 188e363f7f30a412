package discord

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// codes are the codes with which Discord may answer the bot's requests, by
// what they mean for a message.
var codes = map[chat.Outcome][]int{
	chat.Retryable: {20016, 20022, 20028, 20029, 30046, 40003, 40004, 40006, 40062, 110000, 110001, 130000},
	chat.RejectedChannel: {
		10003, 10004, 10013, 10015, 10016, 30007, 30033, 40007, 40058, 40066, 40067, 50001, 50003, 50007, 50008, 50009, 50013, 50024, 50027, 50033,
		50055, 50068, 50083, 50278, 160005, 160006, 160007, 220001, 220003,
	},
	chat.RejectedPayload: {10008, 20009, 20031, 40005, 50005, 50006, 50021, 50035, 50046, 50080, 50081, 50109, 200000, 200001, 240000},
	chat.RejectedAccount: {20001, 20012, 40001, 40002, 40012, 40333, 50014, 50041, 50178, 60003},
}

// TestOutcomes checks what every status and code means for the message.
func TestOutcomes(t *testing.T) {
	type answer struct {
		status int
		code   int
		want   chat.Outcome
	}
	tests := []answer{
		{200, 0, chat.InDoubt}, {202, 0, chat.InDoubt}, {204, 0, chat.InDoubt}, // without an id
		{301, 0, chat.InDoubt}, {304, 0, chat.InDoubt},
		{400, 0, chat.RejectedPayload}, {413, 0, chat.RejectedPayload}, {413, 40005, chat.RejectedPayload},
		{401, 0, chat.RejectedAccount}, {401, 50014, chat.RejectedAccount}, {401, 40001, chat.RejectedAccount},
		{403, 0, chat.RejectedAccount}, {403, 50001, chat.RejectedChannel}, {403, 50013, chat.RejectedChannel},
		{404, 0, chat.RejectedAccount}, {404, 10003, chat.RejectedChannel}, {405, 0, chat.RejectedAccount},
		{429, 0, chat.Retryable}, {429, 20028, chat.Retryable}, {429, 50035, chat.Retryable},
		// A post with an unknown fate is in doubt.
		{400, 99999, chat.InDoubt}, {401, 99999, chat.InDoubt}, {403, 99999, chat.InDoubt}, {404, 99999, chat.InDoubt},
		{402, 0, chat.InDoubt}, {406, 0, chat.InDoubt}, {408, 0, chat.InDoubt}, {409, 0, chat.InDoubt}, {410, 0, chat.InDoubt}, {418, 0, chat.InDoubt},
		{500, 0, chat.InDoubt}, {500, 50035, chat.InDoubt}, {501, 0, chat.InDoubt}, {502, 0, chat.InDoubt}, {503, 130000, chat.InDoubt}, {504, 0, chat.InDoubt},
		{520, 0, chat.InDoubt}, {521, 0, chat.InDoubt}, {522, 0, chat.InDoubt}, {523, 0, chat.InDoubt}, {524, 0, chat.InDoubt}, {599, 0, chat.InDoubt},
	}
	known := 0
	for want, list := range codes {
		known += len(list)
		for _, code := range list {
			tests = append(tests, answer{400, code, want}, answer{403, code, want}, answer{503, code, chat.InDoubt})
			if wire.Outcomes[code].Words == "" {
				t.Errorf("code %d has no words for an operator", code)
			}
		}
	}
	if known != len(wire.Outcomes) {
		t.Errorf("%d codes are classified, want %d", len(wire.Outcomes), known)
	}
	var now answer
	posts := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			fmt.Fprint(w, `{"type": 0}`) // the type of the channel
			return
		}
		posts++
		w.WriteHeader(now.status)
		if now.status != http.StatusNoContent && now.status != http.StatusNotModified {
			fmt.Fprintf(w, `{"message": "said the server", "code": %d}`, now.code)
		}
	}))
	defer server.Close()
	var s stand
	s.open(t, server.URL)
	p := payload(t, s.Adapter, small)
	for _, now = range tests {
		s.rest.Limiter = wire.NewLimiter() // one answer says nothing of the next
		s.rest.Limiter.Permits = wire.NewPermits(wire.GlobalLimit, time.Now(), wire.Spacing)
		posts = 0
		_, err := s.Send(t.Context(), channelOf, p, testKey)
		if now.code == wire.UnknownMessage && now.status < 500 {
			if err != nil { // it was posted and then deleted
				t.Errorf("code %d: %v", now.code, err)
			}
			continue
		}
		if got := chat.OutcomeOf(err); err == nil || got != now.want {
			t.Errorf("HTTP %d, code %d: got %v (%v), want %v", now.status, now.code, got, err, now.want)
		}
		if posts != 1 {
			t.Errorf("HTTP %d, code %d: %d requests, want 1", now.status, now.code, posts)
		}
		if err != nil && strings.Contains(err.Error(), testToken) {
			t.Errorf("HTTP %d: the token is in the error", now.status)
		}
		if words := wire.Outcomes[now.code].Words; err != nil && now.status < 500 && now.status != 429 && !strings.Contains(err.Error(), words) {
			t.Errorf("HTTP %d, code %d: got %v, want %q in it", now.status, now.code, err, words)
		}
	}
}

// wireFunc is the network.
type wireFunc func(*http.Request) (*http.Response, error)

func (f wireFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTransportFaults checks what transport errors mean for the message: only
// a request that got no connection is known not to have arrived.
func TestTransportFaults(t *testing.T) {
	broken := errors.New("read: connection reset by peer")
	for _, test := range []struct {
		name      string
		connected bool
		body      io.Reader // of a 200 answer; nil if there is none
		want      chat.Outcome
	}{
		{"no connection", false, nil, chat.Retryable},
		{"no answer", true, nil, chat.InDoubt},
		{"an empty answer", true, strings.NewReader(""), chat.InDoubt},
		{"half an answer", true, strings.NewReader(`{"id":"1`), chat.InDoubt},
		{"an answer that breaks off", true, io.MultiReader(strings.NewReader(`{"id":"1"`), iotest.ErrReader(broken)), chat.InDoubt},
		{"a web page", true, strings.NewReader("<html>Log in to the Wi-Fi</html>"), chat.InDoubt},
		{"null", true, strings.NewReader("null"), chat.InDoubt},
		{"a list", true, strings.NewReader("[]"), chat.InDoubt},
		{"an id that is none", true, strings.NewReader(`{"id":7}`), chat.InDoubt},
		{"nothing but zeros", true, bytes.NewReader(make([]byte, 100)), chat.InDoubt},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			requests := 0
			s.rest.HTTP.Transport = wireFunc(func(r *http.Request) (*http.Response, error) {
				requests++
				if test.connected {
					httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
				}
				if test.body == nil {
					return nil, broken
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(test.body), Request: r}, nil
			})
			_, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, small), testKey)
			if err == nil || chat.OutcomeOf(err) != test.want || requests != 1 {
				t.Errorf("got %v after %d requests, want %v after one", err, requests, test.want)
			}
		})
	}
	t.Run("stopped while the post is under way", func(t *testing.T) {
		s := newStand(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.rest.HTTP.Transport = wireFunc(func(r *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		if _, err := s.Send(ctx, channelOf, payload(t, s.Adapter, small), testKey); err == nil || chat.OutcomeOf(err) != chat.InDoubt {
			t.Errorf("got %v, want that it is in doubt", err)
		}
	})
	t.Run("stopped before", func(t *testing.T) {
		s := newStand(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Send(ctx, channelOf, payload(t, s.Adapter, small), testKey); chat.OutcomeOf(err) != chat.Retryable {
			t.Errorf("got %v, want retryable: nothing was sent", err)
		}
	})
}
