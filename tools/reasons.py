"""Why an operation was not carried out: the closed set of ``banking_operations.error_code``, in words for the customer.
Each says what would work. The first part comes from ``post_entry`` and ``execute_operation`` in the database."""

NOT_POSSIBLE_NOW = "not_possible_now"
"""Decided against as a likely fraud. The words teach nobody why."""

_REASONS = {
    "account_unknown": "That account is not there any more. Choose one of your open accounts.",
    "account_frozen": "The account is frozen. Ask us to unfreeze it, or use another account.",
    "account_closed": "The account is closed. Use one of your open accounts.",
    "account_cannot_pay": "Payments cannot be made from that account. Use a current or savings account.",
    "own_account": "That account is your own. Make a transfer between your accounts instead.",
    "recipient_cannot_receive": "The recipient's account cannot receive payments. Ask the recipient for other details.",
    "payee_gone": "The payee is not in your list any more. Add them again first.",
    "payee_changed": "The payee's details have changed meanwhile. Please ask again, so that you see the new ones.",
    "insufficient_funds": "There is not enough money in the account. Choose a smaller amount or another account.",
    "over_payment_limit": "The amount is over your limit for one payment. Choose a smaller amount.",
    "over_daily_limit": "This would go over your limit for one day. Choose a smaller amount or pay tomorrow.",
    "wrong_currency": "The account is in another currency. Choose the account or the currency anew.",
    "wrong_type": "That does not fit together. Please ask again.",
    "wrong_amount": "The amount does not fit. Please ask again.",
    "rate_changed": "The exchange rate has changed. Please ask again, so that you see the new one.",
    "policy_changed": "The bank's payment rules have changed meanwhile. Please ask again.",
    "fee_changed": "The fee has changed meanwhile. Please ask again, so that you see the new one.",
    "over_monthly_limit": "This would go over your limit for one month. Choose a smaller amount or pay next month.",
    "over_exchange_limit": "This would go over what can be exchanged in one day. Choose a smaller amount.",
    "not_offered": "We do not offer that just now. Ask us what you could do instead.",
    "channel_not_allowed": "This cannot be done here. Use the app, or ask for a colleague.",
    "country_not_allowed": "We do not offer that in the country where you live. Ask us what you could do instead.",
    "contact_not_verified": "Confirm your e-mail address first: enter the code we sent you, or ask for a new one.",
    "tier_needed": "Your account does not include that. Ask us about the Plus account.",
    "age_needed": "You are too young for that, or we do not know your date of birth. Check it in your profile.",
    "identity_level_needed": "We have to know you better first. Finish your identity check under Profile > Identity.",
    "expired": "The time to confirm has passed. Please ask again.",
    "step_up_locked": "The security code was wrong too often, so this request is closed. Please ask again.",
    "not_allowed": "The bank's rules do not allow that.",
    # Effects of tools.
    "card_changed": "The card is not in the state that it was in. Please ask again.",
    "payee_exists": "You have a payee under that name already. Choose another name.",
    # Step-up and payees.
    "code_not_sent": "The security code could not be sent, so nothing was prepared. Please try again in a moment.",
    "too_many_codes": "You were sent many security codes within the hour. Please ask again later.",
    "step_up_changed": "Your authenticator app was removed meanwhile. Please ask again.",
    "authenticator_not_proved": "The app has not shown a right code yet. Please begin again.",
    "payee_in_use": "A standing order or scheduled payment goes to that payee. Cancel it first.",
    # Decisions, held payments and fraud alerts.
    NOT_POSSIBLE_NOW: (
        "We cannot do this here, to keep your money safe. Please call us, and we will look at it with you."
    ),
    "not_decided": "Our checks were not finished, so nothing was done. Please ask again.",
    "decision_stale": "Too much time has passed since we checked this. Please ask again.",
    "not_held": "That payment is not waiting for a check any more. Ask for your transfers to see how it stands.",
    "still_checked": "We are still looking at that payment and will let it go or tell you. You need not do anything.",
    "not_released": "The payment was not released in time, so it was not made and the money is free again.",
    "alert_answered": "You have answered that alert already, and need not do it again.",
    # Loans.
    "loan_payment_needed": "A loan is paid with a loan payment, which settles the interest first. Ask to pay the loan.",
    "over_loan_limit": "With your other loans this would be more than we lend. Choose a smaller amount.",
    "application_open": "A person is looking at an application of yours already. Wait for the answer, or withdraw it.",
    "application_changed": "The application is not being looked at any more, so there is nothing to withdraw.",
    "loan_declined": "Our rules do not allow this loan any more. Ask whether you could get a loan to see the reasons.",
    "loan_settled": "The loan is paid back already.",
    "payoff_changed": "What is owed has changed meanwhile. Please ask again, so that you see the new figure.",
    "more_than_owed": "That is more than is owed on the loan. Choose a smaller amount or pay the loan off in full.",
    # Accounts.
    "account_changed": "The account has changed meanwhile. Please ask again.",
    "account_name_taken": "You have an account under that name already. Choose another name.",
    "identity_unverified": "We have to check your identity first. Finish that in the app under Profile > Identity.",
    "currency_not_offered": "We open accounts in GBP, EUR and USD. Choose one of these.",
    "savings_in_pounds": "Savings accounts are in GBP. Open a current account for another currency.",
    "current_account_needed": "A savings account needs a current account beside it. Open that first.",
    "too_many_savings": "You have as many savings accounts as one customer can hold. Use or close one of them.",
    "currency_account_exists": "You have an account in that currency already, and can have one for each. Use that one.",
    "not_closed_here": "Cards and loans are not closed as accounts. Ask us to close the agreement.",
    "balance_left": "There is money in the account. Move it to another account first.",
    "payments_pending": "Payments from the account are still pending. Wait until they are booked or released.",
    "standing_orders_left": "Standing orders use the account. Cancel them first.",
    "scheduled_payments_left": "Scheduled payments use the account. Cancel them first.",
    "active_card_left": "A card that is active draws on the account. Freeze it first.",
    "dispute_running": "A dispute of a payment from the account is not settled. Wait for its end, or talk to us.",
    "last_current_account": "It is your only current account. Open another first, or talk to us about leaving.",
    # Identification.
    "application_submitted": "Your application is with us already, or is another one by now. Ask how it stands.",
    "application_incomplete": "Something is missing from the application by now. Ask what, and fill it in.",
    # Cards.
    "too_many_virtual_cards": "You have as many virtual cards as are possible. Block one that you do not use first.",
    # Payments of a later day.
    "schedule_changed": "It has changed meanwhile, or is being paid. Ask for your list to see how it stands.",
    # Disputes.
    "transaction_unknown": "That payment is not there. Ask for your transactions to see which are.",
    "not_disputable": "Only money that went out can be disputed, and only while it is booked or pending.",
    "dispute_open": "You have disputed that payment already. Ask how the dispute stands.",
    "dispute_too_late": (
        "The time to dispute that payment has passed. Ask for a colleague, who looks at what can be done."
    ),
    "dispute_not_covered": "That cannot be disputed for that reason. Ask for a colleague, who looks at it.",
    "dispute_unknown": "That dispute is not there. Ask for your disputes to see their numbers.",
    "dispute_over": "That dispute is over. Ask for a colleague if there is something new.",
    "dispute_credited": "The money is in your account already. Ask for a colleague, who settles that with you.",
    "file_unknown": "That file is not there. Upload it first.",
    "evidence_given": "You have given us that file already.",
    # Profile and support.
    "email_unavailable": "That e-mail address cannot be used here. Choose another one.",
    "consent_missing": "You have not agreed to offers. Agree to them first, then choose how they come.",
    "handoff_open": "A colleague has your request already and will answer. You need not ask again.",
    "callback_booked": "We call you at that time already. Choose another time.",
    "slot_taken": "Somebody else took that time meanwhile. Please ask again for another one.",
    "too_many_appointments": "You have as many appointments as one customer can hold. Cancel one first.",
    "appointment_gone": "That appointment is not booked any more, so there is nothing to cancel.",
}


def is_reason(error_code: str) -> bool:
    return error_code in _REASONS


def reason_of(error_code: str) -> str:
    return _REASONS[error_code]
