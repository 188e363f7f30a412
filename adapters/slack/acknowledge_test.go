package slack

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// TestNothingOvertakesAnAcknowledgement: an answer that is ready while the
// acknowledgement is being sent continues only afterwards.
func TestNothingOvertakesAnAcknowledgement(t *testing.T) {
	a := newAdmission(t.Context(), chat.Env{}.First, quiet)
	if !a.acquire() {
		t.Fatal("there is no slot")
	}
	sending := make(chan struct{})
	var out atomic.Bool
	send := func([]byte, bool) {
		close(sending)
		time.Sleep(50 * time.Millisecond) // so that an answer that does not wait would overtake it
		out.Store(true)
	}
	a.acknowledgeWithin(0, nil, send, func(keep keep) {
		<-sending
		if keep(nil, false) {
			t.Error("the acknowledgement carries what came too late")
		}
		if !out.Load() {
			t.Error("the answer has overtaken the acknowledgement")
		}
	})
}
