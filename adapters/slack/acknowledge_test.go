package slack

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// TestNothingOvertakesAnAcknowledgement: an answer that comes while the
// acknowledgement is on its way goes on when it is out.
func TestNothingOvertakesAnAcknowledgement(t *testing.T) {
	a := newAdmission(t.Context(), chat.Env{}.First, quiet)
	if !a.acquire() {
		t.Fatal("there is no slot")
	}
	sending := make(chan struct{})
	var out atomic.Bool
	send := func([]byte, bool) {
		close(sending)
		time.Sleep(50 * time.Millisecond) // for whoever does not wait
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
