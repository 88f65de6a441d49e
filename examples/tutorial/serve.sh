# In the plugin's folder, with atrium.yaml in the folder `server` beside it.
set -e
# [snippet:serve]
cd ../server
export JWT_SECRET_KEY=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
atriumctl check-config atrium.yaml
atriumd --config atrium.yaml
# [/snippet]
