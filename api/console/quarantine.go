package console

import "github.com/throughline/throughline/gateway"

// quarantine lists what came with the key of another message.
func (c *Console) quarantine(v *visit) (*answer, error) {
	list, err := c.Flows.Quarantined(v.ctx, v.own(gateway.PartnerID(query(v.r, "partner"))), 200)
	return &answer{View: "quarantine", Title: "Quarantine", Data: list}, err
}
