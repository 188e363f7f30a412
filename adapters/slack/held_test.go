package slack

import (
	"sync"
	"testing"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

// TestAnswersLeaveNothing: after thousands of answered requests, no state of
// the adapter or the SDK has grown.
func TestAnswersLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	s := open(t, env(quiet))
	s.listen(t, &handler{reply: echo})
	answer := func(n int) {
		var people sync.WaitGroup
		for range 8 {
			people.Go(func() {
				for range n / 8 {
					act, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, "/digest latest")
					if err == nil {
						_, err = act.Replies(t.Context(), 1)
						act.Forget()
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		people.Wait()
	}
	answer(80)
	before := adaptertest.Held(s.Adapter)
	answer(2400)
	if after := adaptertest.Held(s.Adapter); after > before {
		t.Errorf("%d entries are kept after 2400 answers, %d before", after, before)
	}
}
