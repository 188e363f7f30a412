package slack

import (
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/panics"
)

// takeEnvelope acknowledges a request and has it answered. If its acknowledgement
// carries no payload, it is sent at once, so that takeEnvelope waits only for the
// connection. If too many requests are being answered, the request is left
// unacknowledged, and Slack delivers it again.
func (l *listener) takeEnvelope(e wire.Envelope, acknowledge func(with []byte) error) error {
	if !l.admit.acquire() {
		l.log.Warn("slack: too many requests at once, so Slack will bring this one again", "request", e.ID)
		return nil
	}
	var in incoming
	err := panics.Contain(l.log, "read a request", func() (err error) {
		in, err = l.parse.parseEnvelope(e)
		return err
	}, "request", e.ID)
	if err != nil {
		l.log.Warn("slack: a request cannot be read", "type", e.Type, "request", e.ID, "error", err)
		in.kind = nothing
	}
	in.at = time.Now()
	in.ids = append(in.ids, e.ID)
	if in.request.ID == "" {
		in.request.ID = e.ID
	}
	in.ids = append(in.ids, in.request.ID)
	switch in.kind {
	case typing, submission:
		send := func(with []byte, _ bool) {
			if err := acknowledge(with); err != nil {
				l.log.Warn("slack: an acknowledgement did not arrive", "request", e.ID, "error", err)
			}
		}
		l.admit.work.Go(func() {
			switch {
			case in.kind == typing:
				l.suggest(in, send)
			case l.admit.isNew(in.ids):
				l.submit(in, wire.MaxAck, send)
			default:
				l.admit.release()
				send(nil, false)
			}
		})
		return nil
	}
	if err := acknowledge(nil); err != nil || in.kind == nothing {
		l.admit.release()
		return err
	}
	l.admit.start(func() {
		switch {
		case !l.admit.isNew(in.ids):
		case in.kind == homeOpened:
			l.showHome(in)
		default:
			l.answer(in, nil)
		}
	})
	return nil
}
