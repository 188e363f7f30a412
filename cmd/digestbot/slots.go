package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type slotsCmd struct {
	Days int `default:"7" help:"How many days ahead (${default})."`
}

// maxAhead is the maximum of --days.
const maxAhead = 400

// Run prints how each schedule was understood and when its slots open, in its time zone.
func (cmd slotsCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if cmd.Days < 1 || cmd.Days > maxAhead {
		return errors.New("days: write a number from 1 to 400")
	}
	subscriptions := &subscription.Registry{Configured: conf.Subscriptions, Names: conf.Names, Log: p.log(c)}
	l, err := house.ReadLedger(ctx, conf, p.log(c))
	if err == nil {
		defer func() { _ = l.Close() }()
		subscriptions.Settings = l
		err = subscriptions.Load(ctx)
	}
	if err != nil && !errors.Is(err, house.ErrNoLedger) {
		return err
	}
	cmd.tell(p, conf, subscriptions.All(), time.Now())
	return nil
}

func (cmd slotsCmd) tell(p *program, conf *config.Config, all []subscription.Subscription, now time.Time) {
	if len(all) == 0 {
		p.printf("there is no [[subscription]] in the configuration, and none was made with /digest subscribe, so nothing is posted\n")
	}
	for _, s := range all {
		var channels []string
		for _, channel := range s.Channels {
			channels = append(channels, channel.String())
		}
		p.printf("%s, to %s, in the time zone %s:\n", s.Name, strings.Join(channels, ", "), s.Zone)
		for _, channel := range s.Channels {
			_, err := conf.Channel(channel.String())
			if err == nil && s.Home != "" {
				err = conf.CheckHome(channel, s.Home)
			}
			if err != nil {
				p.printf("  its slots fail: %v\n", err)
			}
		}
		p.printf("  understood: %s\n", language.In("en").When(s.Schedule))
		opens := s.Schedule.Between(now, now.In(s.Zone).AddDate(0, 0, cmd.Days))
		for _, at := range opens {
			until := ""
			if s.Wait > 0 {
				until = at.Add(s.Wait).Format(", waits until 15:04")
			}
			p.printf("  %s%s\n", at.Format("Mon 2 Jan 2006 15:04 MST"), until)
		}
		if len(opens) == 0 {
			next := s.Schedule.Next(now)
			if next.IsZero() {
				p.printf("  it never opens again: check schedule, skip and extra\n")
				continue
			}
			p.printf("  nothing in these %s; the next is %s\n", count(cmd.Days, "day"), next.Format("Mon 2 Jan 2006 15:04 MST"))
		}
	}
}
