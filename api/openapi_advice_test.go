package api_test

import "koko/domain/advice"

// The enumerations of advice stand beside those of the cases, under names that some share.
func init() {
	for name, lists := range map[string][][]string{
		"topic": {texts(advice.Topics)}, "origin": {texts(advice.Origins)}, "to": {texts(advice.Referrals), texts(advice.Listeners)}, "payer": {texts(advice.Payers)},
		"what": {texts(advice.Tellings)}, "setting": {texts(advice.Settings)}, "holds": {texts(advice.Holds)},
		"outcome": {texts(advice.Outcomes), append(texts(advice.Outcomes), string(advice.PeriodOver))},
		"reason":  {texts(advice.DeclineReasons), texts(advice.WithdrawReasons), texts(advice.PauseReasons), texts(advice.BreakReasons)},
	} {
		domainLists[name] = append(domainLists[name], lists...)
	}
}
