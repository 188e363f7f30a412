package slack

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/cache"
)

// degraded records what Slack has refused in the blocks of payloads. Later
// payloads do without it. No words are lost: a picture becomes a link, and a
// button has the content of a container.
type degraded struct {
	unseen     cache.Recent[string, struct{}] // addresses of pictures that Slack could not fetch
	containers atomic.Bool                    // Slack has refused one
}

// apply replaces the pictures that Slack could not fetch with links, and
// removes containers once Slack has refused one.
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

// learn reports whether a body was refused because of something that it can do
// without, and removes it from later payloads.
func (d *degraded) learn(body []byte, err error) bool {
	refused, ok := errors.AsType[wire.Refusal](err)
	return ok && (d.learnPictures(body, refused) || d.learnContainers(body, refused))
}

// learnPictures remembers the pictures that Slack could not fetch. Slack then
// refuses the whole message, sometimes even though the picture exists
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

// learnContainers disables containers after the blocks of a message with one
// were refused: this kind of block is new, and the documentation of its parts
// is contradictory.
func (d *degraded) learnContainers(body []byte, refused wire.Refusal) bool {
	if !strings.HasPrefix(refused.Code, "invalid_blocks") || !render.HasContainers(body) {
		return false
	}
	d.containers.Store(true)
	return true
}
