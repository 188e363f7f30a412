package slack

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/cache"
)

// degraded is what Slack has refused of the blocks of a payload, and what goes
// without it from then on. No words are lost: a picture becomes a link, and a
// button has what a container has.
type degraded struct {
	unseen     cache.Recent[string, struct{}] // addresses of pictures that Slack could not fetch
	containers atomic.Bool                    // Slack has refused one
}

// apply is a body with links in place of the pictures that Slack could not
// fetch, and without containers once it has refused one.
func (d *degraded) apply(body []byte) (_ []byte, err error) {
	if d.containers.Load() {
		if body, err = render.WithoutContainers(body); err != nil {
			return nil, err
		}
	}
	return render.WithoutPictures(body, func(address string) bool {
		_, unseen := d.unseen.Get(address)
		return unseen
	})
}

// learn reports whether a body was refused for something that it can go without,
// and has it go without that from then on.
func (d *degraded) learn(body []byte, err error) bool {
	refused, ok := errors.AsType[wire.Refusal](err)
	return ok && (d.learnPictures(body, refused) || d.learnContainers(body, refused))
}

// learnPictures keeps in mind which pictures Slack could not fetch. Slack refuses
// the whole message then, now and then even when the picture is there
// (https://github.com/slackapi/python-slack-sdk/issues/1782).
func (d *degraded) learnPictures(body []byte, refused wire.Refusal) bool {
	if !strings.Contains(refused.Error(), "downloading image failed") {
		return false
	}
	addresses := render.Pictures(body)
	for _, address := range addresses {
		d.unseen.Put(address, struct{}{})
	}
	return len(addresses) > 0
}

// learnContainers has no container posted any more after one whose blocks were
// refused: the kind of block is young, and what its parts may be is told in two
// ways.
func (d *degraded) learnContainers(body []byte, refused wire.Refusal) bool {
	if !strings.HasPrefix(refused.Code, "invalid_blocks") || !render.HasContainers(body) {
		return false
	}
	d.containers.Store(true)
	return true
}
