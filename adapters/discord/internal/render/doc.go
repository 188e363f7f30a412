// Package render lays chat messages out as Discord's: pages of payloads within the
// platform's limits, forms, suggestions, and a preview for a browser.
//
// It is pure and never knows a connection, nor discordgo.
package render
