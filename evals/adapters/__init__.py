"""Our agent on somebody else's bank, so that it can be scored on public benchmarks.

visiting    the agent with foreign tools: our models, fences and checks, and the customer's word before a change
agentdojo   AgentDojo's suites (https://github.com/ethz-spylab/agentdojo), in process
tau2        tau2-bench (https://github.com/sierra-research/tau2-bench), over the OpenAI protocol that it speaks
"""
