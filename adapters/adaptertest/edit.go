package adaptertest

import (
	"bytes"
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

// post renders m and sends its payloads to a channel, with keys starting at n.
func (s Stand) post(t *testing.T, to chat.Channel, m chat.Message, n int) ([]chat.Receipt, []chat.Payload, error) {
	t.Helper()
	payloads, err := s.Adapter.Render(m)
	if err != nil || len(payloads) == 0 {
		return nil, nil, fmt.Errorf("Render gave %d payloads, %w", len(payloads), err)
	}
	var receipts []chat.Receipt
	for i, p := range payloads {
		r, err := s.Adapter.Send(t.Context(), to, p, key(n+i))
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("Send of part %d failed: %w", i, err), s.tells(err))
		}
		receipts = append(receipts, r)
	}
	return receipts, payloads, nil
}

// reads compares posted messages with payloads.
func reads(h Harness, where string, posted []chat.Payload, want ...chat.Payload) error {
	if len(posted) != len(want) {
		return fmt.Errorf("%d messages are in %s, want %d", len(posted), where, len(want))
	}
	for i := range posted {
		got, want := bare(strings.Join(h.Texts(posted[i]), "")), bare(strings.Join(h.Texts(want[i]), ""))
		if got != want {
			g, w := differing(got, want)
			return fmt.Errorf("message %d in %s differs from its payload\n got %s\nwant %s", i, where, g, w)
		}
	}
	return nil
}

// checkQuiet checks whom the platform notifies of posts and edits.
func checkQuiet(t *testing.T, h Harness) error {
	s := h.Open(t)
	if len(h.Mention) == 0 {
		t.Log("nobody can be notified on this platform")
		return nil
	}
	if s.Notified == nil {
		return errors.New("Harness.Mention is set but Stand.Notified is not; the suite needs it to see whom the platform notified")
	}
	n := 0
	for _, m := range []chat.Message{specimens.Morning(), specimens.Hostile(), specimens.Traps()} {
		receipts, _, err := s.post(t, s.Channel, m, n)
		if err != nil {
			return err
		}
		n += len(receipts)
		if who := s.Notified(); len(who) > 0 {
			return fmt.Errorf("%q were notified of a message with the title %s that mentions nobody; a digest must reach a channel of thousands quietly", who, shorten(m.Title))
		}
	}
	receipts, payloads, err := s.post(t, s.Channel, specimens.Called(h.Mention), n)
	if err != nil {
		return err
	}
	want := slices.Sorted(slices.Values(h.Mention))
	if who := slices.Sorted(slices.Values(s.Notified())); !slices.Equal(who, want) {
		return fmt.Errorf("%q were notified of a message of %d parts that mentions %q; each must be notified once, with the first part", who, len(payloads), want)
	}
	editor, ok := s.Adapter.(chat.Editor)
	if !ok {
		return nil
	}
	// The first part mentions them again, and so does a part that did not before.
	for _, i := range []int{0, len(receipts) - 1} {
		if err := editor.Edit(t.Context(), receipts[i], payloads[0], key(n+i)); err != nil {
			return errors.Join(fmt.Errorf("Edit failed: %w", err), s.tells(err))
		}
	}
	if who := s.Notified(); len(who) != len(want) {
		return fmt.Errorf("an edit notified people: %q were notified in all, want %q; an edit must not notify anybody", who, want)
	}
	return nil
}

// checkMentions looks in the payloads for the ids of those to be notified.
func checkMentions(h Harness, m chat.Message, payloads []chat.Payload) error {
	for i, p := range payloads {
		for _, id := range h.Mention {
			there, want := bytes.Contains(p, []byte(id)), i == 0 && slices.Contains(m.Mention, id)
			switch {
			case want && !there:
				return fmt.Errorf("payload %d does not have %s, whom the message mentions; the first payload must notify them", i, id)
			case there && !want:
				return fmt.Errorf("payload %d has %s; only the first payload may mention anybody, and only those in Message.Mention", i, id)
			}
		}
	}
	return nil
}

// checkEdit edits and removes a message.
func checkEdit(t *testing.T, h Harness) error {
	s := h.Open(t)
	editor, ok := s.Adapter.(chat.Editor)
	if !ok {
		t.Log("the adapter cannot edit")
		return nil
	}
	ctx, since := t.Context(), time.Now().Add(-time.Minute)
	receipts, payloads, err := s.post(t, s.Channel, specimens.English(), 1)
	if err != nil {
		return err
	}
	others, _, err := s.post(t, s.Channel, specimens.Notice(), 1000)
	if err != nil {
		return err
	}
	r, k := receipts[0], key(1)
	standing := func(first chat.Payload) error {
		posted := s.Posted()
		if len(posted) != len(receipts)+len(others) {
			return fmt.Errorf("%d messages are in the channel after an edit, want %d as before", len(posted), len(receipts)+len(others))
		}
		return reads(h, "the channel", posted[:1], first)
	}
	// From long to short and back: what the new payload lacks must disappear.
	steps := []chat.Message{specimens.Corrected(), specimens.Notice(), specimens.Pictured(), specimens.Morning(), specimens.English()}
	for i, m := range steps {
		all, err := s.Adapter.Render(m)
		if err != nil {
			return err
		}
		for range 2 { // the same edit again changes nothing
			before := s.requests()
			if err := editor.Edit(ctx, r, all[0], k); err != nil {
				return errors.Join(fmt.Errorf("Edit %d failed: %w", i, err), s.tells(err))
			}
			if n := s.requests() - before; n > 0 {
				return fmt.Errorf("Edit made %d requests to post; it must change the existing message", n)
			}
			if err := standing(all[0]); err != nil {
				return fmt.Errorf("after edit %d: %w; an edit must replace the old payload completely", i, err)
			}
		}
		if finder, ok := s.Adapter.(chat.Finder); ok {
			if found, err := finder.Find(ctx, s.Channel, k, since); err != nil || found.ID != r.ID {
				return fmt.Errorf("Find gave %+v, %v after edit %d, want the message %s; an edit must keep the key, or a post in doubt could no longer be reconciled", found, err, i, r.ID)
			}
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := editor.Edit(ended, r, payloads[0], k); err == nil || errors.Is(err, chat.ErrNotFound) || chat.OutcomeOf(err).Rejected() {
		return fmt.Errorf("Edit with a cancelled context returned %v; it must honour its context, and nothing was rejected", err)
	}
	for i := range 2 {
		if err := editor.Remove(ctx, r); err != nil {
			return errors.Join(fmt.Errorf("Remove number %d of one message failed: %w; removing a message that is gone must succeed", i+1, err), s.tells(err))
		}
	}
	if n, want := len(s.Posted()), len(receipts)+len(others)-1; n != want {
		return fmt.Errorf("%d messages are in the channel after one of %d was removed, want %d", n, want+1, want)
	}
	if err := editor.Edit(ctx, r, payloads[0], k); !errors.Is(err, chat.ErrNotFound) {
		return errors.Join(fmt.Errorf("Edit of a removed message returned %v, want chat.ErrNotFound; somebody did not want it there, so it must not be posted again", err), s.tells(err))
	}
	if finder, ok := s.Adapter.(chat.Finder); ok {
		if found, err := finder.Find(ctx, s.Channel, k, since); found.ID != "" || err != nil && !errors.Is(err, chat.ErrNotFound) {
			return fmt.Errorf("Find returned %+v, %v for a removed message, want chat.ErrNotFound or a receipt without an id", found, err)
		}
	}
	return nil
}

// checkThread posts in a thread and checks the messages there.
func checkThread(t *testing.T, h Harness) error {
	s := h.Open(t)
	if !s.Adapter.Capabilities().Threads {
		t.Log("messages have no threads on this platform")
		return nil
	}
	if s.Replies == nil {
		return errors.New("Capabilities().Threads is true but Stand.Replies is not set; the suite needs it to read a thread")
	}
	parents, top, err := s.post(t, s.Channel, specimens.Notice(), 1)
	if err != nil {
		return err
	}
	if err := checkReplies(t, h, s, parents[0], 100); err != nil {
		return err
	}
	if err := reads(h, "the channel", s.Posted(), top...); err != nil {
		return fmt.Errorf("after posts to a thread: %w; they must be in the thread only", err)
	}
	if s.Forum == (chat.Channel{}) {
		return nil
	}
	posts, _, err := s.post(t, s.Forum, specimens.Notice(), 200)
	if err != nil {
		return err
	}
	if in := posts[0].Channel; in.Adapter != s.Forum.Adapter || in.ID != s.Forum.ID || in.Thread == "" {
		return fmt.Errorf("Send to the forum %v returned a receipt in %+v; it must have the thread that the platform opened, so that replies go there", s.Forum, in)
	}
	if finder, ok := s.Adapter.(chat.Finder); ok {
		if r, err := finder.Find(t.Context(), s.Forum, key(200), time.Now().Add(-time.Minute)); err != nil || r.ID != posts[0].ID || r.Channel != posts[0].Channel {
			return fmt.Errorf("Find in the forum returned %+v, %v, but Send returned %+v", r, err, posts[0])
		}
	}
	return checkReplies(t, h, s, posts[0], 300)
}

// checkReplies posts parts in a thread, twice each if the adapter has a dedup
// window, then finds, edits and removes them.
func checkReplies(t *testing.T, h Harness, s Stand, parent chat.Receipt, n int) error {
	thread := chat.Under(parent)
	receipts, payloads, err := s.post(t, thread, specimens.Long(), n)
	if err != nil {
		return err
	}
	if s.Adapter.Capabilities().DedupWindow > 0 {
		again, _, err := s.post(t, thread, specimens.Long(), n)
		if err != nil {
			return err
		}
		if !slices.Equal(again, receipts) {
			return fmt.Errorf("the same keys were sent twice to a thread within the dedup window and returned %+v, then %+v; want the same messages", receipts, again)
		}
	}
	for i, r := range receipts {
		if r.Channel != thread || r.ID == "" {
			return fmt.Errorf("Send to the thread %+v returned the receipt %+v; it must say where the message is", thread, r)
		}
		if i > 0 && r.ID == receipts[i-1].ID {
			return fmt.Errorf("two parts in a thread have the receipt %+v", r)
		}
	}
	if err := reads(h, "the thread", s.Replies(thread), payloads...); err != nil {
		return err
	}
	if finder, ok := s.Adapter.(chat.Finder); ok {
		since := time.Now().Add(-time.Minute)
		for i, want := range receipts {
			if r, err := finder.Find(t.Context(), thread, key(n+i), since); err != nil || r.ID != want.ID || r.Channel != want.Channel {
				return fmt.Errorf("Find of part %d in a thread returned %+v, %v, but Send returned %+v", i, r, err, want)
			}
		}
		if r, err := finder.Find(t.Context(), thread, key(n+len(receipts)), since); !errors.Is(err, chat.ErrNotFound) {
			return fmt.Errorf("Find in a thread of a key that was never sent returned %+v, %v, want chat.ErrNotFound", r, err)
		}
	}
	editor, ok := s.Adapter.(chat.Editor)
	if !ok {
		return nil
	}
	last := len(receipts) - 1
	if err := editor.Edit(t.Context(), receipts[last], payloads[0], key(n+last)); err != nil {
		return errors.Join(fmt.Errorf("Edit in a thread failed: %w", err), s.tells(err))
	}
	if err := reads(h, "the thread", s.Replies(thread), append(slices.Clone(payloads[:last]), payloads[0])...); err != nil {
		return fmt.Errorf("after an edit: %w", err)
	}
	if err := editor.Remove(t.Context(), receipts[last]); err != nil {
		return errors.Join(fmt.Errorf("Remove in a thread failed: %w", err), s.tells(err))
	}
	return reads(h, "the thread", s.Replies(thread), payloads[:last]...)
}

// checkPublish publishes a message.
func checkPublish(t *testing.T, h Harness) error {
	s := h.Open(t)
	publisher, ok := s.Adapter.(chat.Publisher)
	if !ok {
		t.Log("messages cannot be passed on from this platform")
		return nil
	}
	if s.Published == nil || s.Announcements == (chat.Channel{}) {
		return errors.New("the adapter is a chat.Publisher, but Stand.Announcements or Stand.Published is not set")
	}
	for i, where := range []struct {
		channel chat.Channel
		want    int
	}{{s.Channel, 0}, {s.Announcements, 1}} {
		receipts, _, err := s.post(t, where.channel, specimens.Notice(), 10*i)
		if err != nil {
			return err
		}
		for range 2 {
			if err := publisher.Publish(t.Context(), receipts[0]); err != nil {
				return errors.Join(fmt.Errorf("Publish in %v failed: %w; repeating it must succeed, and it must do nothing in a channel that nobody can follow", where.channel, err), s.tells(err))
			}
		}
		if n := s.Published(); n != where.want {
			return fmt.Errorf("%d messages were published after Publish in %v, want %d", n, where.channel, where.want)
		}
	}
	return nil
}
