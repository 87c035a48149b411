// The built-in template validator costs seconds per app; test/compliance validates every template once instead.
process.env.CDK_VALIDATION = 'false';
// Assets stay where they are: a thousand apps would each copy the 22 MB that CDK's bucket deployment brings.
process.env.CDK_CONTEXT_JSON = JSON.stringify({ 'aws:cdk:disable-asset-staging': true });
