package command

import (
	"context"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// resend posts a digest once more into the channel that it is asked in, and
// into no other, so that an admin of one place has no say in another.
var resend = verb{
	Command: chat.Command{
		Name: "resend", Summary: "Post a digest here once more", Private: true, AdminOnly: true,
		Args: []chat.Arg{{Name: "digest", Summary: "A digest's ID; the newest without one", Rest: true, Suggest: true}},
	},
	answer: func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		dig := chosen(d.Library(), args["digest"], s.Match.Accepts)
		switch {
		case dig == nil && args["digest"] == "":
			return compose.NoDigests(d.language(r)), nil
		case dig == nil:
			return compose.NoDigest(args["digest"], d.language(r)), nil
		}
		x := s.Dress(ledger.NewResend(dig.ID, dig.Title, r.Channel, r.ID, r.User.Name, time.Now()))
		planned, err := d.Ledger.Plan(ctx, x)
		if err != nil {
			return chat.Message{}, err
		}
		if len(planned) == 0 {
			return compose.ResentAlready(d.language(r)), nil
		}
		d.Log.Info("resend asked", "digest", dig.ID, "channel", r.Channel.String(), "by", r.User.Name)
		return compose.Resending(dig, d.language(r)), nil
	},
	suggest: func(d *Desk, prefix string) (ids []string) {
		for _, dig := range d.Library().All() {
			if strings.Contains(strings.ToLower(dig.ID), strings.ToLower(prefix)) && len(ids) < suggestions {
				ids = append(ids, dig.ID)
			}
		}
		return ids
	},
}

// chosen is the digest of an ID; without an ID the newest that is accepted.
func chosen(l *digest.Library, id string, accepts func(*digest.Digest) bool) *digest.Digest {
	if id != "" {
		return l.ByID(id)
	}
	for _, dig := range l.All() {
		if accepts(dig) {
			return dig
		}
	}
	return nil
}
