package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/bot/chat"
)

// patience is how long the suite waits for something that should happen at
// once. Only a failing test waits that long.
var patience = 10 * time.Second

// key returns a key of maximum length, different for each n.
func key(n int) chat.Key {
	return chat.Key(fmt.Sprintf("suite%0*d", chat.KeyLimit-len("suite"), n))
}

// eventually waits until a condition is true, and reports whether it is.
func eventually(is func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return is()
}

// open returns a stand and one small payload for it.
func open(t *testing.T, h Harness) (Stand, chat.Payload, error) {
	t.Helper()
	s := h.Open(t)
	payloads, err := s.Adapter.Render(specimens.Notice())
	if err != nil || len(payloads) == 0 {
		return s, nil, fmt.Errorf("Render gave %d payloads for a notice: %w", len(payloads), err)
	}
	return s, payloads[0], nil
}

// requests returns the number of requests to post so far.
func (s Stand) requests() int {
	if s.Requests == nil {
		return 0
	}
	return s.Requests()
}

// tells returns an error if err contains a secret.
func (s Stand) tells(err error) error {
	if err == nil {
		return nil
	}
	for _, secret := range s.Secrets {
		if said := fmt.Sprintf("%v %+v %q", err, err, err); secret != "" && strings.Contains(said, secret) {
			return fmt.Errorf("an error contains a secret: %s; errors appear in logs, in the ledger and in chat", strings.ReplaceAll(said, secret, "[the secret]"))
		}
	}
	return nil
}

// checkFacts checks the capabilities that the dispatcher relies on.
func checkFacts(t *testing.T, h Harness) error {
	s := h.Open(t)
	c := s.Adapter.Capabilities()
	switch {
	case c.Off != "":
		return fmt.Errorf("Capabilities().Off is %q although the adapter can send; it must be empty", c.Off)
	case c.DedupWindow < 0 || c.Settle < 0 || c.Gap < 0:
		return fmt.Errorf("Capabilities() has a negative duration: %+v", c)
	case c != s.Adapter.Capabilities():
		return errors.New("Capabilities() changed; they must not change while the adapter is open")
	}
	return nil
}

// checkRoundTrip sends a digest, part by part, and finds each part.
func checkRoundTrip(t *testing.T, h Harness) error {
	s := h.Open(t)
	payloads, err := s.Adapter.Render(specimens.Long())
	if err != nil {
		return err
	}
	ctx, since := t.Context(), time.Now().Add(-time.Minute)
	var receipts []chat.Receipt
	for i, p := range payloads {
		before := s.requests()
		r, err := s.Adapter.Send(ctx, s.Channel, p, key(i))
		if err != nil {
			return errors.Join(fmt.Errorf("Send of part %d failed: %w", i, err), s.tells(err))
		}
		if n := s.requests() - before; s.Requests != nil && n != 1 {
			return fmt.Errorf("one Send made %d requests to post; it must make exactly one, because the dispatcher counts attempts and spaces them", n)
		}
		if r.Channel != s.Channel || r.ID == "" {
			return fmt.Errorf("Send returned the receipt %+v; a receipt must have the channel %v and the platform's id of the message", r, s.Channel)
		}
		if slices.ContainsFunc(receipts, func(o chat.Receipt) bool { return o.ID == r.ID }) {
			return fmt.Errorf("two parts have the receipt %+v; different keys must make different messages", r)
		}
		receipts = append(receipts, r)
	}
	posted := s.Posted()
	if len(posted) != len(payloads) {
		return fmt.Errorf("%d parts were sent and %d messages are in the channel; each part must be posted once", len(payloads), len(posted))
	}
	for i := range posted {
		got, want := bare(strings.Join(h.Texts(posted[i]), "")), bare(strings.Join(h.Texts(payloads[i]), ""))
		if got != want {
			return fmt.Errorf("part %d differs in the channel from its payload; Send must add the key and nothing visible\n got %s\nwant %s", i, shorten(got), shorten(want))
		}
	}
	finder, ok := s.Adapter.(chat.Finder)
	if !ok {
		return nil
	}
	for i, want := range receipts {
		r, err := finder.Find(ctx, s.Channel, key(i), since)
		if err != nil || r.ID != want.ID || r.Channel != want.Channel {
			return fmt.Errorf("Find of part %d returned %+v, %v, but Send returned %+v; what was sent must be found by its key", i, r, err, want)
		}
	}
	if _, err := finder.Find(ctx, s.Channel, key(len(payloads)), since); !errors.Is(err, chat.ErrNotFound) {
		return fmt.Errorf("Find of a key that was never sent returned %v, want chat.ErrNotFound; only this error lets the dispatcher send again", err)
	}
	return nil
}

// checkOnce repeats a key within the dedup window.
func checkOnce(t *testing.T, h Harness) error {
	s, p, err := open(t, h)
	if err != nil {
		return err
	}
	if s.Adapter.Capabilities().DedupWindow == 0 {
		t.Log("the adapter has no dedup window: a repeated key is not tried")
		return nil
	}
	first, err := s.Adapter.Send(t.Context(), s.Channel, p, key(1))
	if err != nil {
		return fmt.Errorf("Send failed: %w", err)
	}
	second, err := s.Adapter.Send(t.Context(), s.Channel, p, key(1))
	if err != nil {
		return fmt.Errorf("the second Send with the same key failed: %w; within the dedup window it must return the first message", err)
	}
	if n := len(s.Posted()); n != 1 || first.ID != second.ID {
		return fmt.Errorf("the same key was sent twice within the dedup window: %d messages, receipts %q and %q; want one message and its receipt twice", n, first.ID, second.ID)
	}
	return nil
}

// fate is the expected result of a fault.
type fate struct {
	name   string
	fault  Fault
	want   chat.Outcome
	posted int
	why    string
}

var fates = []fate{
	{"answer lost", AnswerLost, chat.InDoubt, 1, "the platform may have posted before the connection broke"},
	{"refused before", RefusedBefore, chat.Retryable, 0, "an unread request has posted nothing, and a retry may work"},
	{"server error", ServerError, chat.InDoubt, 0, "a 500 does not tell whether the message was posted"},
	{"server error after", ServerErrorAfter, chat.InDoubt, 1, "a 502 does not tell whether the message was posted"},
	{"limited", Limited, chat.Retryable, 0, "a rate-limited request has posted nothing, and a retry works"},
	{"garbled", Garbled, chat.InDoubt, 1, "a 200 that cannot be read does not say what was posted"},
	{"hang", Hang, chat.InDoubt, 1, "a cancelled request may have been read"},
	{"no account", NoAccount, chat.RejectedAccount, 0, "a rejected token posts nothing anywhere until it is changed"},
	{"forbidden", Forbidden, chat.RejectedChannel, 0, "a channel in which the bot may not post must not stop the others"},
	{"bad payload", BadPayload, chat.RejectedPayload, 0, "a payload that the platform refuses once is always refused"},
}

// checkFault sends while a fault is set and checks the adapter's reaction.
func checkFault(t *testing.T, h Harness, fate fate) error {
	s, p, err := open(t, h)
	if err != nil {
		return err
	}
	switch {
	case s.Local:
		return nil
	case s.Requests == nil || s.Fail == nil || len(s.Secrets) == 0:
		return errors.New("the stand has no Requests, Fail or Secrets; without them, nobody knows what becomes of a post when the platform fails. Set Local if Send makes no requests")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	since := time.Now().Add(-time.Minute)
	s.Fail(fate.fault)
	err = sendUntil(ctx, s, p, func() {
		if fate.fault == Hang && eventually(func() bool { return len(s.Posted()) > 0 }) {
			cancel()
		}
	})
	switch {
	case err == nil:
		return fmt.Errorf("Send reported no error; %s", fate.why)
	case s.tells(err) != nil:
		return s.tells(err)
	case chat.OutcomeOf(err) != fate.want:
		return fmt.Errorf("Send's outcome is %q (%v), want %q: %s", chat.OutcomeOf(err), err, fate.want, fate.why)
	}
	if fate.fault == Limited {
		if e, ok := errors.AsType[*chat.SendError](err); !ok || e.RetryAfter < 2*time.Second {
			return fmt.Errorf("Send's error is %#v; the platform asked to wait 2 seconds, so RetryAfter must be at least that", err)
		}
	}
	if n := s.requests(); n > 1 || fate.fault != RefusedBefore && n == 0 {
		return fmt.Errorf("one Send made %d requests to post; it must make only one, and leave retries to the dispatcher, which looks first", n)
	}
	if n := len(s.Posted()); n != fate.posted {
		return fmt.Errorf("%d messages are in the channel, want %d", n, fate.posted)
	}
	finder, ok := s.Adapter.(chat.Finder)
	if !ok || fate.want.Rejected() {
		return nil
	}
	r, err := finder.Find(t.Context(), s.Channel, key(1), since)
	if fate.posted > 0 {
		if err != nil || r.ID == "" {
			return errors.Join(fmt.Errorf("Find returned %+v, %v for a message in the channel; a message in doubt must be found if it exists, or it is posted twice", r, err), s.tells(err))
		}
		return nil
	}
	if !errors.Is(err, chat.ErrNotFound) {
		return errors.Join(fmt.Errorf("Find returned %+v, %v for a message that was not posted, want chat.ErrNotFound; only this error lets the dispatcher send again", r, err), s.tells(err))
	}
	if fate.fault != RefusedBefore {
		return nil
	}
	if _, err := s.Adapter.Send(t.Context(), s.Channel, p, key(1)); err != nil || len(s.Posted()) != 1 {
		return fmt.Errorf("the next Send with the same key returned %v and there are %d messages; after a retryable outcome it must post", err, len(s.Posted()))
	}
	return nil
}

// sendUntil sends with key 1 while meanwhile runs, and waits no longer than
// patience.
func sendUntil(ctx context.Context, s Stand, p chat.Payload, meanwhile func()) error {
	done := make(chan error, 1)
	go func() {
		_, err := s.Adapter.Send(ctx, s.Channel, p, key(1))
		done <- err
	}()
	meanwhile()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return &chat.SendError{Outcome: chat.RejectedPayload, Err: errors.New("Send did not return: it must end when its context ends, and it must not wait and retry by itself")}
	}
}

// checkMissing sends to a channel that does not exist.
func checkMissing(t *testing.T, h Harness) error {
	s, p, err := open(t, h)
	if err != nil {
		return err
	}
	if s.Missing == (chat.Channel{}) {
		t.Log("every channel exists on this platform")
		return nil
	}
	_, err = s.Adapter.Send(t.Context(), s.Missing, p, key(1))
	if err == nil || chat.OutcomeOf(err) != chat.RejectedChannel {
		return errors.Join(fmt.Errorf("Send to a channel that does not exist returned %v, want %q: the delivery has failed, and other channels continue", err, chat.RejectedChannel), s.tells(err))
	}
	return s.tells(err)
}

// checkContext calls Send and Find with a cancelled context.
func checkContext(t *testing.T, h Harness) error {
	s, p, err := open(t, h)
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err = sendUntil(ended, s, p, func() {})
	switch {
	case err == nil || len(s.Posted()) > 0 || s.requests() > 0:
		return fmt.Errorf("Send with a cancelled context returned %v, with %d requests and %d messages; it must honour its context and post nothing", err, s.requests(), len(s.Posted()))
	case chat.OutcomeOf(err).Rejected():
		return fmt.Errorf("Send with a cancelled context returned %v; nothing was rejected, so the delivery must not fail", err)
	}
	if finder, ok := s.Adapter.(chat.Finder); ok {
		if _, err := finder.Find(ended, s.Channel, key(1), time.Now().Add(-time.Minute)); err == nil || errors.Is(err, chat.ErrNotFound) {
			return fmt.Errorf("Find with a cancelled context returned %v; it has not looked, so it cannot say that the message is absent", err)
		}
	}
	return s.tells(err)
}
