package render

import (
	"errors"
	"regexp"
)

var channelID = regexp.MustCompile(`^[CDG][A-Z0-9]{7,}$`)

// CheckChannel says in words what is wrong with a channel's id.
func CheckChannel(id string) error {
	if !channelID.MatchString(id) {
		return errors.New("a Slack channel is written as its id, such as C0123456789: it is at the bottom of the channel's details, and is not the name")
	}
	return nil
}

var groupID = regexp.MustCompile(`^S[A-Z0-9]{7,}$`)

// CheckMention says in words what is wrong with the id of a user group.
func CheckMention(id string) error {
	if !groupID.MatchString(id) {
		return errors.New("a Slack user group is written as its id, such as S0123456789, and not as its @name")
	}
	return nil
}
